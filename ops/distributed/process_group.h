// The processes that work on one job together: sums, copies and meetings over all of them.
//
//   MRSN_ASSIGN_OR_RETURN(const auto group, JoinProcessGroup());  // join_process_group.h
//   MRSN_RETURN_IF_ERROR(group->Sum(gradients));
//   if (group->first()) WriteCheckpoint();
//
// All processes call the same functions in the same order. An error says which ranks have ended, and the job
// cannot go on after it: later calls fail at once.
#ifndef MRSN_OPS_DISTRIBUTED_PROCESS_GROUP_H_
#define MRSN_OPS_DISTRIBUTED_PROCESS_GROUP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

// An operation that has begun. Destroying it before Wait() waits as well.
class PendingSum {
 public:
  PendingSum() = default;
  virtual ~PendingSum() = default;
  PendingSum(const PendingSum&) = delete;
  PendingSum& operator=(const PendingSum&) = delete;
  virtual absl::Status Wait() = 0;
};

class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return rank_; }  // 0 <= rank < size
  int size() const { return size_; }
  int local_rank() const {
    return local_rank_;
  }  // number on this machine: which of its devices is this process's
  bool first() const { return rank_ == 0; }

  // Every tensor becomes the sum of this tensor over the ranks: the same bits on every rank. The tensors have
  // the same shapes and types on every rank, and stay on their device.
  virtual absl::Status Sum(const std::vector<at::Tensor>& tensors) = 0;

  // Sum, which this process goes on beside: until Wait() nobody may touch the tensors. Several may be under
  // way. A group without such an operation returns when it is done. Errors come from Wait().
  virtual std::unique_ptr<PendingSum> BeginSum(const std::vector<at::Tensor>& tensors);

  // Every tensor becomes rank `root`'s. Shapes and types as for Sum.
  virtual absl::Status Broadcast(const std::vector<at::Tensor>& tensors, int root = 0) = 0;

  // Returns when all processes have called it.
  virtual absl::Status Barrier() = 0;

  // The bytes of each rank, by rank. Rank 0 alone gets them; the others get an empty list.
  virtual absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view bytes) = 0;
  // As GatherToFirst, for every rank.
  virtual absl::StatusOr<std::vector<std::string>> Gather(absl::string_view bytes) = 0;

  // What rank 0 says, on every rank.
  absl::StatusOr<int64_t> Ask(int64_t said_by_first);

  // OK if every rank gives OK. Otherwise the error of the lowest rank that has one, on every rank; others'
  // errors have "rank 1: " before them. For steps that may fail on one rank and must not leave the others
  // waiting.
  absl::Status Agree(const absl::Status& own);

 protected:
  ProcessGroup(int rank, int size, int local_rank) : rank_(rank), size_(size), local_rank_(local_rank) {}

 private:
  const int rank_, size_, local_rank_;
};

// A group of this process alone: nothing is sent.
std::unique_ptr<ProcessGroup> MakeOneProcess();
ProcessGroup& OneProcess();  // one that lives for ever

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_PROCESS_GROUP_H_
