// LibTorch's NCCL process group, where the program was built with it.
#ifndef MRSN_OPS_DISTRIBUTED_NCCL_CARRIER_H_
#define MRSN_OPS_DISTRIBUTED_NCCL_CARRIER_H_

#include <ATen/ATen.h>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "absl/status/statusor.h"

namespace mrsn {

// The processes find each other through `store`. Unimplemented without NCCL (carrier.h: HasNccl).
absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                                           int rank, int size);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_NCCL_CARRIER_H_
