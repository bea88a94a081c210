// Batch norms that see the batches of all ranks of a process group as one batch.
#ifndef MRSN_OPS_NORM_RELU_SYNCED_NORMS_H_
#define MRSN_OPS_NORM_RELU_SYNCED_NORMS_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "absl/status/status.h"
#include "ops/distributed/process_group.h"

namespace mrsn::ops {

// The ranks that share a norm's batch. Graphs of such norms refer to it, so that their backward passes may
// run outside of the scope below and on any thread. The group must outlive them.
class NormRanks : public torch::CustomClassHolder {
 public:
  explicit NormRanks(ProcessGroup& group) : group_(group) {}

  // `values` [n] float64 becomes its sum over the ranks, in every rank the same bits. Every rank calls it,
  // also for a batch of nothing. After a failure the values stay this rank's own, and status() is the error:
  // an exception could not leave a backward pass as a Status.
  void Sum(const at::Tensor& values);

  absl::Status status() const { return status_; }

 private:
  ProcessGroup& group_;
  absl::Status status_;
};

// While it lives, norms in training that run on this thread see the batches of all ranks of `group`. All
// ranks run the same norms in the same order, forward and backward: also a rank whose batch is empty.
//
//   const SyncedNormsScope scope(group);
//   model.Loss(..).backward();
//   MRSN_RETURN_IF_ERROR(scope.status());
//
// They nest; the innermost one counts.
class SyncedNormsScope {
 public:
  explicit SyncedNormsScope(ProcessGroup& group);
  // The ranks of another scope, or null: none, each norm sees its own batch.
  explicit SyncedNormsScope(c10::intrusive_ptr<NormRanks> ranks);
  ~SyncedNormsScope();
  SyncedNormsScope(const SyncedNormsScope&) = delete;
  SyncedNormsScope& operator=(const SyncedNormsScope&) = delete;

  absl::Status status() const { return ranks_ ? ranks_->status() : absl::OkStatus(); }

  static c10::intrusive_ptr<NormRanks> Ranks();  // of the scope of this thread; null: there is none

 private:
  const c10::intrusive_ptr<NormRanks> ranks_;
  SyncedNormsScope* const outer_;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_NORM_RELU_SYNCED_NORMS_H_
