// The part all data sets share: a list of key frames in, a Dataset out.
#ifndef MRSN_DATASETS_CLIP_DATASET_H_
#define MRSN_DATASETS_CLIP_DATASET_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/clip_sampler.h"
#include "datasets/dataset.h"
#include "datasets/flow/stored_flow.h"
#include "datasets/object_boxes.h"
#include "datasets/transforms.h"
#include "datasets/tubelets.h"
#include "datasets/video_reader.h"

namespace mrsn::datasets {

// One key frame as a data set's reader describes it.
struct KeyframeRecord {
  Keyframe keyframe;
  int video = 0;                          // position in ClipDatasetOptions::video_paths
  int64_t centre = 0;                     // 0-based source frame that the clip is centred on
  std::vector<Actor> actors;              // what Load gives
  std::vector<AnnotatedBox> annotations;  // what GroundTruth gives
};

// Flow to be read beside the frames.
struct FlowOptions {
  FlowMethod method = FlowMethod::kDis;
  std::string command;  // makes the flow of all videos; for error messages
};

struct ClipDatasetOptions {
  Usage usage = Usage::kTrain;
  ClipOptions clip;
  TransformOptions transform;    // `flip` is decided by Load
  float flip_probability = 0.5;  // training only
  size_t cache_bytes = size_t{512} << 20;
  std::vector<std::string> video_paths;
  // The number of frames of each video; then video_paths are folders of images (JpegFolder), of
  // which only a clip's frames are read and none is kept. Empty: they are video files.
  std::vector<int64_t> folder_frames;
  std::vector<ActionClass> classes;
  FrameSize annotation_frame_size;
  std::string fingerprint;
  bool tubelets = false;  // training samples get Actor::tubelet
  // By position in video_paths and person_id, for each person of the records; filled by data
  // sets that have tubes and read for `tubelets` only.
  std::map<std::pair<int, int>, Tube> tubes;
  std::optional<FlowOptions> flow;
  std::optional<ObjectBoxes> objects;  // of every key frame; what they were read from is in ...
  std::string objects_fingerprint;     // ... this, which becomes part of the fingerprint
};

// Implements Dataset over `records`, which it sorts by key frame. With `flow`, a video without a
// complete flow folder is an error here that counts such videos, names the first and says
// which command makes them; how the flow was made becomes part of the fingerprint. A key frame beyond the
// end of its video is an error when it is loaded (containers without a frame count hide a
// cut file); clips that merely reach over an end repeat the frame there.
absl::StatusOr<std::unique_ptr<Dataset>> MakeClipDataset(ClipDatasetOptions options,
                                                         std::vector<KeyframeRecord> records);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLIP_DATASET_H_
