// UCF101-24: real clips in which every frame of an action has boxes.
#ifndef MRSN_DATASETS_UCF24_UCF24_H_
#define MRSN_DATASETS_UCF24_UCF24_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/locate_media.h"
#include "datasets/proposals.h"

namespace mrsn::datasets {

// Annotations are in pixels of this frame, whatever size a video file has.
constexpr FrameSize kUcf24FrameSize = {320, 240};

struct Ucf24Options {
  std::string split;  // <root>/<split>.txt lists videos, in any form of formats::ReadSplitList
  // Below the root: a CSV file, finalAnnots.mat, pyannot.pkl, UCF101v2-GT.pkl, or a folder of one text file a
  // frame; its content tells (ops/formats/ucf24_files.h).
  std::string annotations = "annotations.csv";
  std::string detections;  // a box list (ops/formats/box_list.h); empty: inference uses ground-truth boxes
  std::string classes;  // a class list (class_list.h); empty: classes.txt if it is there, else the 24 classes
  FrameSize frame = kUcf24FrameSize;  // that annotations and detections are in pixels of
  int keyframe_step = 1;              // every n-th annotated frame of a video
  // Inference: every frame of the videos is a key frame, as evaluations need that count whoever is found
  // where nobody is annotated. Otherwise only annotated frames are.
  bool every_frame = false;
  MediaOptions media;
  ProposalOptions proposals;
};

// Each annotated frame (or every frame, see above) is a key frame, in the middle of its clip:
// Keyframe{"Class/v_...", 1-based frame}, centred on decoded frame number - 1. In training the proposals that
// overlap ground truth are used, too, if `detections` is set. Rows of videos outside the
// split are skipped. Videos of the split whose folder is no class, or that have no rows, are left out and
// counted in the notes; it is an error if none is left. A box's person_id is its
// tube; without that column, its place among the boxes of its frame, and `clip_dataset.tubelets`
// is an error. `clip_dataset` brings usage, clip, transform and cache settings. `root` is the folder of
// videos/ and the annotations; "" is an error.
absl::StatusOr<std::unique_ptr<Dataset>> OpenUcf24(const Ucf24Options& options,
                                                   ClipDatasetOptions clip_dataset, const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_UCF24_UCF24_H_
