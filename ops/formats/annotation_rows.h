// Ground truth and detections as rows: one labelled box each, its keyframe by number.
#ifndef MRSN_OPS_FORMATS_ANNOTATION_ROWS_H_
#define MRSN_OPS_FORMATS_ANNOTATION_ROWS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "ops/base/keyframe.h"
#include "ops/base/timestamp.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::formats {

// Numbers videos and keyframes in the order they are first seen. A keyframe is
// a video and a second (AVA) or a frame's number (UCF101-24).
class KeyframeTable {
 public:
  struct Entry {
    int video;
    Timestamp timestamp;
  };

  int Video(absl::string_view name);
  int Find(int video, Timestamp timestamp);  // made if new
  int Find(absl::string_view video, Timestamp timestamp);

  const std::vector<Entry>& keyframes() const { return keyframes_; }
  const std::vector<std::string>& videos() const { return videos_; }
  int size() const { return static_cast<int>(keyframes_.size()); }

 private:
  std::vector<std::string> videos_;
  std::vector<Entry> keyframes_;
  absl::flat_hash_map<std::string, int> video_numbers_;
  absl::flat_hash_map<std::pair<int, Timestamp>, int> keyframe_numbers_;
  int last_video_ = -1, last_keyframe_ = -1;  // files are grouped: most look-ups repeat the last
};

// 56 bytes; a file of 1.6 M rows is 90 MB.
struct Row {
  BoxD box;
  double score = 1.0;      // of a detection
  double person_id = 1.0;  // of ground truth: AVA's person, UCF101-24's tube; 1 if the file has none
  int32_t keyframe = 0;
  int32_t class_id = 0;
};

// One row that a detector of actions writes; its box in the unit of the data set's files.
struct Detection {
  Keyframe keyframe;
  BoxD box;
  int class_id = 0;
  double score = 1.0;
};

// A reader's result: rows in file order, and the keyframes they (or rows
// without a box) name.
struct RowBlock {
  KeyframeTable keyframes;
  std::vector<Row> rows;
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_ANNOTATION_ROWS_H_
