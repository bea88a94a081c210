#include "ops/distributed/nccl_carrier.h"

#include "absl/status/status.h"
#include "ops/distributed/carrier.h"

// --config=cuda, where NCCL's header stands beside CUDA's.
#if defined(MRSN_CUDA) && __has_include(<nccl.h>)
#define MRSN_NCCL 1
#endif

#ifdef MRSN_NCCL
// The wheel has c10d's NCCL, but its headers hide it without this.
#define USE_C10D_NCCL 1
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace mrsn {

#ifdef MRSN_NCCL
bool HasNccl() { return true; }

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                                           int rank, int size) {
  return c10::intrusive_ptr<c10d::Backend>(c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size));
}
#else
bool HasNccl() { return false; }

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNccl(const c10::intrusive_ptr<c10d::Store>&, int, int) {
  return absl::UnimplementedError("this program was built without NCCL");
}
#endif

}  // namespace mrsn
