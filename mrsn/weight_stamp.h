// Tells whether a tensor has changed since something was computed from it.
#ifndef MRSN_MRSN_WEIGHT_STAMP_H_
#define MRSN_MRSN_WEIGHT_STAMP_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace mrsn {

// Two stamps are equal if they belong to the same memory and nothing was written to it in between. Autograd
// does not count writes through Tensor::data(), as torch::optim does, or through a raw pointer. Such writes
// are noticed if they change one of sixteen values of a contiguous float32 tensor on the CPU, as a step of an
// optimizer does. A caller that keeps a result should also drop it when gradients are needed.
class WeightStamp {
 public:
  WeightStamp() = default;  // of an undefined tensor
  explicit WeightStamp(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    storage_ = tensor.storage().getWeakStorageImpl();
    offset_ = tensor.storage_offset();
    if (!tensor.is_inference()) version_ = tensor._version();
    if (!tensor.is_cpu() || tensor.scalar_type() != at::kFloat || !tensor.is_contiguous()) return;
    const int64_t last = tensor.numel() - 1, count = static_cast<int64_t>(values_.size());
    const float* data = tensor.const_data_ptr<float>();
    for (int64_t i = 0; i < count && last >= 0; ++i) values_[i] = data[last * i / (count - 1)];
  }

  bool operator==(const WeightStamp& other) const {
    return storage_._unsafe_get_target() == other.storage_._unsafe_get_target() && offset_ == other.offset_ &&
           version_ == other.version_ &&
           std::memcmp(values_.data(), other.values_.data(), sizeof(values_)) == 0;  // NaN equals itself
  }
  bool operator!=(const WeightStamp& other) const { return !(*this == other); }

 private:
  // A weak reference: it does not keep the memory, but its address is not given to another storage.
  c10::weak_intrusive_ptr<c10::StorageImpl> storage_{c10::intrusive_ptr<c10::StorageImpl>()};
  int64_t offset_ = 0, version_ = 0;
  std::array<float, 16> values_ = {};
};

}  // namespace mrsn

#endif  // MRSN_MRSN_WEIGHT_STAMP_H_
