// The scale of an evaluation: frame-mAP that needs no model. A row of a table says little without it.
//
//   chance        every box gets the frequency of each class in the training data
//   pose only     every box gets the frequency given the pose of the person in it
//   oracle        every box of the detector gets the true labels of the person in it
//   ground truth  the annotated boxes with their labels
//
// The share of headroom of a frame-mAP m is (m - pose only) / (oracle - pose only).
#ifndef MRSN_EXPERIMENTS_SCALE_SCALE_H_
#define MRSN_EXPERIMENTS_SCALE_SCALE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "eval/frame_map.h"

namespace mrsn::experiments {

struct ScaleRow {
  std::string name;
  eval::FrameMapResult measured;
};

struct ScaleOptions {
  eval::Protocol protocol = eval::Protocol::kOfficial2019;
  // In (0,1]. A box shows the annotated person with whom it overlaps most, if the overlap is this or more.
  double iou_threshold = 0.5;
};

// The four rows, in the order above. `training` is opened for training, `evaluated` for inference; both have
// the same classes, those of kind "pose" among them. No clip is read. Errors: those of Dataset::LoadPersons
// and of the evaluator; InvalidArgument for annotations in pixels, for no class of kind "pose", and for other
// classes.
absl::StatusOr<std::vector<ScaleRow>> MeasureScale(const datasets::Dataset& training,
                                                   const datasets::Dataset& evaluated,
                                                   const ScaleOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_SCALE_SCALE_H_
