// y = x W^T + b with a weight that is used again and again.
#ifndef MRSN_MRSN_PACKED_LINEAR_H_
#define MRSN_MRSN_PACKED_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <mutex>

namespace mrsn {

// at::linear, and without gradients, for float32 on the CPU, oneDNN's product with
// a copy of the weight in the order its kernels read it: 1.1 to 2 times as fast, the
// more so the fewer rows x has, for as much memory again as the weight takes.
//
// The copy is made at the first such call and made anew when the weight is another
// tensor or has been written to. Writes that autograd does not count (through
// Tensor::data(), as torch::optim does, or a raw pointer) are noticed too if they
// follow a call with gradients, which drops the copy, or if they change one of a few
// values looked at, as a step of an optimizer does.
//
// One object belongs to one weight. Calls from several threads are safe.
class PackedLinear {
 public:
  // x [..,k], weight [n,k], bias [n] -> [..,n]
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

 private:
  // What the copy was made of. The storage is held weakly: its memory is not kept,
  // but its address is not given to another one.
  struct Stamp {
    c10::weak_intrusive_ptr<c10::StorageImpl> storage{c10::intrusive_ptr<c10::StorageImpl>()};
    int64_t offset = 0;
    int64_t version = 0;
    std::array<float, 16> probes{};
  };

  at::Tensor Packed(const at::Tensor& weight);

  std::mutex mutex_;
  Stamp stamp_;
  at::Tensor packed_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_PACKED_LINEAR_H_
