// Makes a Dataset from a list of key frames; all data sets share this part.
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
#include "datasets/locate_media.h"
#include "datasets/object_boxes.h"
#include "datasets/transform_options.h"
#include "datasets/tubelets.h"
#include "datasets/unreadable.h"
#include "datasets/video_media.h"

namespace mrsn::datasets {

// One key frame as a data set's reader describes it.
struct KeyframeRecord {
  Keyframe keyframe;
  int video = 0;                          // position in ClipDatasetOptions::videos
  int64_t centre = 0;                     // 0-based source frame that the clip is centred on
  std::vector<Actor> actors;              // for Load
  std::vector<AnnotatedBox> annotations;  // for GroundTruth
};

// Says that clips also have flow.
struct FlowOptions {
  FlowMethod method = FlowMethod::kDis;
  std::string command;  // error messages name this command, which makes the flow of all videos
};

struct ClipDatasetOptions {
  Usage usage = Usage::kTrain;
  ClipOptions clip;
  TransformOptions transform;
  size_t cache_bytes = size_t{512} << 20;  // of decoded frames that are kept
  // Of a folder of images only the frames of a clip are read, and none is kept.
  std::vector<VideoMedia> videos;
  std::vector<FrameRanges> missing_frames;  // of each video (LocatedMedia); empty: of none
  // The frames of video files are counted at once, not when a clip is loaded: for short videos.
  bool count_frames = false;
  Unreadable unreadable;
  std::vector<ActionClass> classes;
  FrameSize annotation_frame_size;
  std::string fingerprint;
  std::vector<std::string> notes;
  bool tubelets = false;  // training samples get Actor::tubelet
  // Index: position in `videos` and person_id. Has an entry for each person of the records. Only data
  // sets with tubes fill it, and only `tubelets` reads it.
  std::map<std::pair<int, int>, Tube> tubes;
  std::optional<FlowOptions> flow;
  std::optional<ObjectBoxes> objects;  // of every key frame
  std::string objects_fingerprint;     // names the file of `objects`; enters the fingerprint
};

// Puts a data set's media into its options, and what is wrong with them into its notes.
void TakeMedia(LocatedMedia media, ClipDatasetOptions* options);

// Implements Dataset over `records`, which it sorts by key frame. With `flow`, videos without a complete
// flow folder are an error here: it gives their number, the first of them and the command that makes the
// flow. The way the flow was made enters the fingerprint. A clip that reaches over an end of the video
// repeats the frame there. A clip cannot be read if its key frame lies outside its video or one of its frames
// is missing. `unreadable` says what becomes of clips of which that is known: those of folders, and of all
// videos with `count_frames`. With kSkipAndCount a note counts them and names the first. Of other videos Load
// tells.
absl::StatusOr<std::unique_ptr<Dataset>> MakeClipDataset(ClipDatasetOptions options,
                                                         std::vector<KeyframeRecord> records);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLIP_DATASET_H_
