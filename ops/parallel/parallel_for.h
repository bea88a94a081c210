// Loops on the threads that LibTorch computes with.
#ifndef MRSN_OPS_PARALLEL_PARALLEL_FOR_H_
#define MRSN_OPS_PARALLEL_PARALLEL_FOR_H_

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace mrsn::ops {

// Calls f(first, last) for parts that together are [begin, end), each of at least `grain` >= 1 indices but
// for the last. Up to at::get_num_threads() parts run at once; one that runs inside another does not part
// again. Throws again one of the exceptions that parts threw. As at::parallel_for, which is a template that
// only a compiler with LibTorch's own OpenMP can instantiate; f may use pointers into tensors, not tensors.
void ParallelFor(int64_t begin, int64_t end, int64_t grain, absl::FunctionRef<void(int64_t, int64_t)> f);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_PARALLEL_PARALLEL_FOR_H_
