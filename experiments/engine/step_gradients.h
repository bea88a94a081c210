// The gradients of one step whose batch is computed in several parts: one after the other (train.accumulate),
// by several processes, or both.
#ifndef MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_
#define MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "mrsn/detector.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// The loss of the whole batch is, for each of its LossParts, the mean over the terms of all parts of the
// batch: that of JoinLosses (mrsn/detector.h), whoever computes them. Until Finish() knows how many terms
// there are, the gradients are those of sums.
//
//   StepGradients step(group, model);                       // the model's gradients are undefined
//   for (...) step.Add(LossOfBatch(part).outputs);
//   MRSN_ASSIGN_OR_RETURN(const auto total, step.Finish()); // the model has the gradients of the whole batch
class StepGradients {
 public:
  struct Total {
    double loss = 0;    // of the whole batch; the same bits on every rank
    int64_t clips = 0;  // of all ranks
  };

  // Both must outlive this object. Sets the model's gradients to undefined. The backward passes compute
  // gradients of the loss times `loss_scale`, which Finish() divides out again.
  StepGradients(ProcessGroup& group, Detector& model, double loss_scale = 1);

  // The backward pass of `clips` clips: the losses of their groups of one size. A loss of several LossParts
  // takes a backward pass for each of them.
  void Add(const std::vector<LossOutput>& outputs, int64_t clips);

  // Every rank calls it, also after no Add. A parameter has a gradient if it has one on any rank. Errors: a
  // rank has ended.
  absl::StatusOr<Total> Finish();

 private:
  ProcessGroup& group_;
  const double loss_scale_;
  const std::vector<at::Tensor> parameters_;
  std::vector<std::vector<at::Tensor>> sums_;  // of each LossPart: the gradients of the sum of its terms
  std::vector<double> terms_, values_;         // of each LossPart
  int64_t clips_ = 0;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_
