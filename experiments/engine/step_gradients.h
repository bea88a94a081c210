// The gradients of one step whose batch is computed in several parts: one after the other (train.accumulate),
// by several processes, or both.
#ifndef MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_
#define MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/engine/gradient_buckets.h"
#include "mrsn/detector.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// The loss of the whole batch is, for each of its LossParts, the mean over the terms of all parts of the
// batch: that of JoinLosses (mrsn/detector.h), whoever computes them. Until all ranks have said how many
// terms there are, the gradients are those of sums. A loss that is one mean is divided behind the sum over
// the ranks, so that two ranks give the bits of two parts of one process.
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
  // gradients of the loss times `loss_scale`, which Finish() divides out again. `bucket_bytes`: as
  // GradientBuckets.
  StepGradients(ProcessGroup& group, Detector& model, double loss_scale = 1,
                int64_t bucket_bytes = GradientBuckets::kBytes);

  // The backward pass of `clips` clips: the losses of their groups of one size. A loss of several LossParts
  // takes a backward pass for each of them.
  void Add(const std::vector<LossOutput>& outputs, int64_t clips);

  // Add of this rank's last clips: sums of gradients over the ranks begin beside the backward pass, with the
  // same results bit for bit. No other operation of the group may come during the backward pass. A rank may
  // as well call Add alone.
  void AddLast(const std::vector<LossOutput>& outputs, int64_t clips);

  // Every rank calls it, also after no Add. A parameter has a gradient if it has one on any rank. Errors: a
  // rank has ended.
  absl::StatusOr<Total> Finish();

  int64_t buckets_begun_early() const { return buckets_.begun_early(); }

 private:
  // Sums of the terms of each LossPart, and how many parts there are.
  std::vector<at::Tensor> LossesOf(const std::vector<LossOutput>& outputs);
  void Backward(size_t part, const at::Tensor& loss, bool last_of_pass);
  absl::Status ShareTerms();
  bool IsOneMean() const;
  void Divide(at::Tensor& gradient, size_t part) const;
  at::Tensor GradientOf(size_t p);

  ProcessGroup& group_;
  const double loss_scale_;
  const std::vector<at::Tensor> parameters_;
  std::vector<std::vector<at::Tensor>> sums_;  // of each LossPart: the gradients of the sum of its terms
  std::vector<double> terms_, values_;         // of each LossPart
  std::vector<double> all_terms_;              // of all ranks; empty until they have shared them
  int64_t clips_ = 0;
  std::vector<char> ready_;  // parameters whose gradient is with buckets_
  GradientBuckets buckets_;
  absl::Status status_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_STEP_GRADIENTS_H_
