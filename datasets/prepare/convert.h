// Writes this project's CSV files from the layouts that ops/formats reads.
#ifndef MRSN_DATASETS_PREPARE_CONVERT_H_
#define MRSN_DATASETS_PREPARE_CONVERT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::datasets {

// Seconds keep their fractions.
enum class PreparedKind {
  kBoxes,             // video,second,x1,y1,x2,y2,,score; normalised; equal boxes of a key frame are one
  kAvaAnnotations,    // video,second,x1,y1,x2,y2,action_id,person_id; normalised
  kUcf24Annotations,  // video,frame,class,x1,y1,x2,y2,tube; pixels of 320 x 240, frames from 1, classes from
                      // 0
  kSplit,             // one video a line, of UCF101-24's classes
};

// "boxes", "ava_annotations", "ucf24_annotations", "split".
std::string PreparedKindName(PreparedKind kind);
std::vector<std::string> PreparedKindNames();

struct ConvertOptions {
  std::string input, output;
  std::string kind = "auto";  // or one of PreparedKindNames()
  std::string images;         // formats::BoxListOptions
  double frame_width = 0, frame_height = 0;
  bool all_classes = false;  // kSplit: videos of all classes
};

struct ConvertReport {
  std::string recognised;  // "mmaction2 pickle"
  PreparedKind kind = PreparedKind::kBoxes;
  std::vector<std::pair<std::string, int64_t>> written;  // {"rows", 12}, ..
  std::vector<std::string> notes;                        // odd rows, and what was left out, with counts
};

// What stands in `path`. The error says what the file is.
absl::StatusOr<PreparedKind> RecogniseKind(const std::string& path);

// Reads `input`, leaves odd rows out and counts them, and writes `output` atomically. A file of which no row
// is left is an error, and `output` then stays as it was.
absl::StatusOr<ConvertReport> Convert(const ConvertOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PREPARE_CONVERT_H_
