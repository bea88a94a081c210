// Options and results of the readers of ground truth and detections.
#ifndef MRSN_OPS_FORMATS_READ_OPTIONS_H_
#define MRSN_OPS_FORMATS_READ_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/lines.h"

namespace mrsn::formats {

// The class of a row whose class, by its name, is none of the data set's.
inline constexpr int kNoClass = -1;

enum class RowKind {
  kGroundTruth,
  kDetections,
  // AVA's layout only: boxes that a detector of persons or objects found, with or without the columns `class`
  // (0 where it is empty or -1) and `score`, which is in [0,1] and 1 where it is missing.
  kBoxList,
};

// The second column of AVA's layout.
enum class Timestamps {
  kAvaSeconds,  // CsvOptions.first_keyframe to last_keyframe
  kFrames,      // a frame's number from 1
};

struct CsvOptions {
  // The published evaluators go on after an odd row, and so do the readers, with a warning. With `strict`,
  // as for training, such a row is an error: a time out of range, a box without area, a score outside
  // [0,1], a class outside `classes`, a second or frame with a fraction that is not read. Blank lines, byte
  // order marks, repeated rows and missing person ids (AVA v1.0 has none) stay warnings.
  bool strict = false;
  // A keyframe is its second to six decimals (data sets, official_2020), not the whole second.
  bool fractional_timestamps = false;
  // RowKind::kBoxList: the last of seven columns is the score, not the label (box_list.h finds out).
  bool score_in_column_7 = false;
  // AVA: rows may have 2 columns, video,timestamp: a keyframe without anybody
  // (official_2020's ground truth).
  bool allow_keyframe_rows = false;
  Timestamps timestamps = Timestamps::kAvaSeconds;
  // The seconds of key frames, both included, in files whose timestamps are seconds.
  int first_keyframe = 902, last_keyframe = 1798;
  // UCF101-24's CSV: ground truth may have an eighth column, the number of the tube from 0.
  bool allow_tubes = false;
  // When given, rows of other classes are warned of; they are returned all the same.
  const absl::flat_hash_set<int>* classes = nullptr;
  // The classes of a data set of one's own, for files whose classes have names: those of "labels" in
  // UCF101v2-GT.pkl, UCF101-24's in finalAnnots.mat and pyannot.pkl. Rows get the id of the class of their
  // name, else kNoClass. nullptr: UCF101-24's classes.
  const std::vector<ActionClass>* named_classes = nullptr;
  bool warn_of_repeated_rows = true;  // of ground truth; takes as long as reading
  int num_threads = 0;                // 0 = the machine's
};

struct CsvContents {
  std::vector<RowBlock> blocks;  // in file order
  std::vector<Warning> warnings;
  int64_t num_rows = 0;
  bool has_tubes = false;  // each row's person_id is a tube
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_READ_OPTIONS_H_
