// The library that carries tensors between the processes of a job: Gloo, and for CUDA devices NCCL.
#ifndef MRSN_OPS_DISTRIBUTED_CARRIER_H_
#define MRSN_OPS_DISTRIBUTED_CARRIER_H_

#include <c10/core/DeviceType.h>

#include <string>

#include "absl/status/statusor.h"

namespace mrsn {

enum class Carrier { kGloo, kNccl };

// Whether this program was built with NCCL: --config=cuda, and NCCL's header beside CUDA's.
bool HasNccl();

// NCCL for tensors of CUDA devices, Gloo for all others. FailedPrecondition for CUDA without NCCL.
absl::StatusOr<Carrier> CarrierFor(c10::DeviceType device, bool has_nccl = HasNccl());

// The device of one of `size` processes that were started with --device=`device`: each takes another CUDA
// device of its machine, so that "cuda" is "cuda:<local_rank>". One process keeps `device`. InvalidArgument
// if several would have to share "cuda:<n>"; otherwise as CarrierFor.
absl::StatusOr<std::string> DeviceOfProcess(const std::string& device, int local_rank, int size,
                                            bool has_nccl = HasNccl());

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_CARRIER_H_
