// AVA with its frames as JPEG files, in the layout that PySlowFast documents.
#ifndef MRSN_DATASETS_AVA_AVA_H_
#define MRSN_DATASETS_AVA_AVA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
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
  ProposalOptions proposals;
};

// Key frames as MakeAvaKeyframes makes them (ava_keyframes.h), centred on frame (second - 900) * 30 from 0,
// file number + 1. Frames are read when clips are; nothing is kept.
// `clip_dataset` brings usage, clip and transform settings. Errors: files or frame folders that are
// missing (how many, the first one, the layout), a folder in which a frame is missing, a box list of which no
// box is above the score threshold, and what the files' readers report.
absl::StatusOr<std::unique_ptr<Dataset>> OpenAva(const AvaOptions& options, ClipDatasetOptions clip_dataset,
                                                 const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_H_
