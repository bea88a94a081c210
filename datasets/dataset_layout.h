// A data set's files and facts, as its checks and pages of clips need them.
#ifndef MRSN_DATASETS_DATASET_LAYOUT_H_
#define MRSN_DATASETS_DATASET_LAYOUT_H_

#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace mrsn::datasets {

// One split. Paths are complete; "" = there is none.
struct SplitLayout {
  std::string name;
  std::string annotations;
  std::string excluded;    // key frames that are left out
  std::string boxes;       // detected persons
  std::string video_list;  // the names of the split's videos; "": those that the annotations name
  bool inference = false;  // whether the split is scored, with boxes above inference_score only
};

struct DatasetLayout {
  // The name of a key frame: its second (AVA) or the number of its frame from 1 (UCF101-24).
  enum class Keyframes { kSeconds, kFrames };
  Keyframes keyframes = Keyframes::kSeconds;
  std::string root;
  std::vector<SplitLayout> splits;
  // All classes, and those that count. "": those of class_list, and without it the 24 of UCF101-24.
  std::string label_map, evaluated_label_map;
  std::string class_list;  // names, one a line (datasets/class_list.h)
  int first_class = 0;     // the id of its first line
  // <frames>/<video>/<frame_name> or <videos>/<video>.{mp4,mkv,webm,avi}; complete paths. In frame_name
  // {video} is the last part of the video's name.
  std::string frames, videos;
  std::string frame_name = "{video}_%06d.jpg";
  int first_frame = 1;  // number of the first image
  // Of data with seconds.
  double first_second = 900, frames_per_second = 30;  // of folders of images
  double video_first_second = 0;                      // of files, which state their own rates
  int first_keyframe_second = 902, last_keyframe_second = 1798;
  // Boxes are in pixels of a frame of this size; {0,0} = in [0,1].
  FrameSize annotation_frame_size;
  float inference_score = 0.85;  // inference uses boxes above it
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_LAYOUT_H_
