// AVA, and own data annotated like AVA: frames as images, in the layout that PySlowFast documents, or videos.
#ifndef MRSN_DATASETS_AVA_AVA_H_
#define MRSN_DATASETS_AVA_AVA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/ava/ava_files.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/locate_media.h"
#include "datasets/proposals.h"

namespace mrsn::datasets {

// One split's files, relative to the data root; their formats are in ava_files.h.
struct AvaOptions {
  std::string annotations;
  std::string excluded;             // "": no key frame is left out
  std::string boxes;                // "": ground truth only, unlabelled for inference
  std::string label_map;            // all classes, as the model's outputs
  std::string evaluated_label_map;  // which of them ActionClass::evaluated is true for
  MediaOptions media;
  KeyframeNames names;        // the seconds that key frames may have
  double first_second = 900;  // of frame 0
  double frames_per_second = 30;
  ProposalOptions proposals;
};

// Key frames as MakeAvaKeyframes makes them (ava_keyframes.h). Frames are read when clips are.
// `clip_dataset` brings usage, clip and transform settings. Errors: files or frame folders that are
// missing (how many, the first one, the layout), a folder in which a frame is missing, key
// frames before frame 0 (how many, the first one), a box list of which no
// box is above the score threshold, and what the files' readers report.
absl::StatusOr<std::unique_ptr<Dataset>> OpenAva(const AvaOptions& options, ClipDatasetOptions clip_dataset,
                                                 const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_H_
