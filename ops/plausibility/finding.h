// Findings of plausibility.h, and what it is asked.
#ifndef MRSN_OPS_PLAUSIBILITY_FINDING_H_
#define MRSN_OPS_PLAUSIBILITY_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ops/formats/annotation_rows.h"

namespace mrsn::plausibility {

enum class Kind {
  kPixels,                 // coordinates far above 1 where fractions of the frame are meant
  kFractions,              // coordinates in [0,1] where pixels are meant
  kOutsideFrame,           // many boxes reach beyond the frame
  kOtherFrameSize,         // boxes match those of the other side when scaled
  kXywh,                   // corner, width and height instead of two corners
  kCentres,                // centre, width and height instead of two corners
  kCorners,                // two corners that were taken for corner, width and height
  kSwappedAxes,            // y before x
  kScoresAreIds,           // whole numbers, as person ids are
  kScoresConstant,         // one score for all
  kScoresOutOfRange,       // scores outside [0,1]
  kIdsAreScores,           // annotations whose person ids are fractions
  kNothingAboveThreshold,  // none, or less than 1 %, is left
  kDuplicateRows,          // detections that occur twice
  kDuplicateBoxes,         // a list of boxes with a row for each label
  kVideosInCommon,         // none or few
  kVideoNames,             // names that would match without ".mp4", a folder, ...
  kKeyframesInCommon,      // none or few
  kKeyframesShifted,       // numbered from another second or frame
  kClassesInCommon,        // none or few
  kClassesShifted,         // ids from 0 against ids from 1
  kAnnotationsAsBoxes,     // both files hold the same boxes
};

enum class Severity {
  kNote,     // worth knowing, often right
  kWarning,  // a number made from these files is probably wrong
  kError,    // nothing can come of these files: no video, no key frame, no box is left, or none as it is
};

struct Finding {
  Kind kind = Kind::kPixels;
  Severity severity = Severity::kWarning;
  std::string file;
  int64_t count = 0, of = 0;  // rows, videos or key frames concerned, of those looked at
  std::string first;          // the first case in the order of the file: "vidA,902,12: box 0.1,0.2,0.5,0.9"
  std::string text;           // a sentence with the counts, without file and first case
};

enum class Role {
  kAnnotations,  // labelled boxes that people drew; a row's score is not looked at
  kDetections,   // labelled boxes with scores
  kBoxes,        // boxes of persons or objects with scores; a row's class is not looked at
};

// One file, as the readers of ops/formats return it. The rows must outlive the call.
struct Side {
  Role role = Role::kAnnotations;
  std::string file;
  absl::Span<const formats::RowBlock> blocks;
};

struct Threshold {
  double value = 0;          // a row counts if its score is greater
  bool keeps_equal = false;  // ... or equal
  std::string name;          // the field or flag that sets it: "inference_score", "--protocol=mmaction2"
};

struct Options {
  // Of the frame, in the unit of the boxes: 1 and 1 for fractions, 320 and 240 for UCF101-24.
  double width = 1, height = 1;
  const absl::flat_hash_set<int>* classes = nullptr;  // the ids that count; null = any
  std::optional<Threshold> threshold;                 // for the scores of `other`
  // Boxes are compared on at most so many annotated key frames, spread evenly over the file, and repeated
  // rows are looked for in the first rows of a file. All other tests look at every row.
  int max_compared_keyframes = 2000;
  int64_t max_rows_for_repeats = 50000;
};

// The numbers that explain a result of 0 or 100 %.
struct InCommon {
  int64_t annotated_videos = 0, other_videos = 0, videos = 0;
  int64_t annotated_keyframes = 0, other_keyframes = 0, keyframes = 0;
};

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_FINDING_H_
