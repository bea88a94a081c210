// y = x W^T + b for a weight that is used many times.
#ifndef MRSN_MRSN_PACKED_LINEAR_H_
#define MRSN_MRSN_PACKED_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <mutex>

#include "mrsn/weight_stamp.h"

namespace mrsn {

// Without gradients, for float32 on the CPU, it is oneDNN's product with a copy of the weight in the order
// that oneDNN's kernels read. The product is 1.1 to 2 times as fast as at::linear, most for few rows of x;
// the copy takes as much memory as the weight. Everything else, also under autocast, is at::linear.
//
// The copy is made at the first such call. It is made anew when the weight is another tensor or has been
// written to (weight_stamp.h). A call with gradients drops it.
//
// One object belongs to one weight. Calls from several threads are safe.
class PackedLinear {
 public:
  // x [..,k], weight [n,k], bias [n] -> [..,n]
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

 private:
  at::Tensor Packed(const at::Tensor& weight);

  std::mutex mutex_;
  WeightStamp stamp_;
  at::Tensor packed_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_PACKED_LINEAR_H_
