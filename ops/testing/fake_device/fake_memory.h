// Memory of the fake device: the host can neither read nor write it.
#ifndef MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_MEMORY_H_
#define MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_MEMORY_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

#include <cstdint>

namespace mrsn::testing {

// LibTorch has no backend of its own for this device type, but hooks for it: modules can be moved to it, and
// autograd knows it.
constexpr c10::DeviceType kFakeDeviceType = c10::DeviceType::HPU;

// Gives pages without access rights: a load or store of the host ends the process with SIGSEGV at its line.
c10::Allocator* FakeAllocator();

// While one of these lives, the host may touch the tensor's memory. They nest, also on several threads. Does
// nothing for tensors of other devices and undefined ones.
class HostAccess {
 public:
  explicit HostAccess(const at::Tensor& tensor);
  ~HostAccess();
  HostAccess(const HostAccess&) = delete;
  HostAccess& operator=(const HostAccess&) = delete;

 private:
  void* block_ = nullptr;
};

}  // namespace mrsn::testing

#endif  // MRSN_OPS_TESTING_FAKE_DEVICE_FAKE_MEMORY_H_
