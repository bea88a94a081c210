// AVA with its frames as JPEG files, in the layout that PySlowFast documents.
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
  bool classes_txt = false;         // if label_map is not there, classes.txt below the root counts
  MediaOptions media;
  double first_second = 900;  // of the first image of a folder
  double frames_per_second =
      30;  // of images; a video file may differ by 1 % at most, and its own rate counts
  double video_first_second = 0;  // of the first frame of a video file
  KeyframeNames keyframes;
  ProposalOptions proposals;
};

// Key frames as MakeAvaKeyframes makes them (ava_keyframes.h), centred on the frame of their second
// (clock.h). Seconds may have fractions. Frames are read when clips are; nothing is kept. `clip_dataset`
// brings usage, clip and transform settings, and says what becomes of frames that are missing. Errors: files
// of rows that are missing (how many, the first one, the layout), a video file of another rate, a box list of
// which no box is above the score threshold, and what the files' readers report; unless
// clip_dataset.unreadable lets them be, videos that are missing, folders in which a frame is missing, and key
// frames behind the end of a folder.
absl::StatusOr<std::unique_ptr<Dataset>> OpenAva(const AvaOptions& options, ClipDatasetOptions clip_dataset,
                                                 const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_H_
