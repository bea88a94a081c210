// What trainer, evaluator and tables need of a detector: the one that scores given
// boxes (action_detector.h) and those that find boxes themselves.
//
// Shapes: B clips, T frames of the slow pathway, N persons over all clips (any
// number, 0 included), K classes, D detections over all clips.
#ifndef MRSN_MRSN_DETECTOR_H_
#define MRSN_MRSN_DETECTOR_H_

#include <cstdint>
#include <vector>

#include "mrsn/backbone/frozen_norm.h"
#include "mrsn/detector_input.h"
#include "mrsn/model_needs.h"

namespace mrsn {

// The annotations of DetectorInput::boxes.
struct Truth {
  at::Tensor labels;    // [N,K] 0 or 1
  at::Tensor tubelets;  // [N,T,4] each person's box in every slow frame; undefined unless needs().tubelets
};

// One of the means that a loss is the sum of.
struct LossPart {
  at::Tensor mean;   // a scalar with a graph, 0 without terms
  double terms = 0;  // how many numbers the mean is over, up to a factor that is the detector's own
};

struct LossOutput {
  at::Tensor loss;              // the sum of the parts: a scalar with a graph, 0 without persons
  at::Tensor memory;            // as HeadOutput::memory, of DetectorInput::boxes
  std::vector<LossPart> parts;  // always the same ones in the same order; none without persons
};

struct Detections {
  at::Tensor boxes;       // [D,4] as DetectorInput::boxes
  at::Tensor clip_index;  // [D] int64, ascending
  at::Tensor scores;      // [D,K] in [0,1]; negative: the class is not detected in the box
  at::Tensor G;           // [D,g] relation features; undefined unless needs().relation_width > 0
  at::Tensor memory;      // as HeadOutput::memory, of DetectorInput::boxes
};

// Submodules "backbone" and "head". The tables show a share of the work for each.
class Detector : public ModuleWithBatchNorm {
 public:
  // Throws c10::Error on shapes that contradict each other.
  virtual LossOutput Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) = 0;
  virtual Detections Detect(const DetectorInput& input, ClassLoss loss) = 0;

  // The part of Detect whose amount of work does not depend on values: the same work for the same
  // sizes, also on the meta device. Returns the tensors that a loss is computed from.
  virtual std::vector<at::Tensor> ForwardForCounting(const DetectorInput& input) = 0;
  // The backbone's part of ForwardForCounting.
  virtual void BackboneForCounting(const Clip& clip) = 0;

  // The data it reads and the features it gives: NeedsOf its options, and so of its configuration.
  virtual ModelNeeds needs() const = 0;
};

// The loss of a batch whose clips were given to the detector in several groups: each part is the mean over
// the terms of all groups, so that a group without persons adds 0. Equals `loss` of a single group, bit for
// bit.
at::Tensor JoinLosses(const std::vector<LossOutput>& groups);

// Mean over persons and classes (kBce) or persons (kSoftmax); 0 with a graph when there is nobody.
at::Tensor ClassificationLoss(const at::Tensor& logits, const at::Tensor& labels, ClassLoss loss);

// [N,K] logits to scores in [0,1].
at::Tensor ScoresOf(const at::Tensor& logits, ClassLoss loss);

}  // namespace mrsn

#endif  // MRSN_MRSN_DETECTOR_H_
