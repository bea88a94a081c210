#include "ops/testing/fake_device/fake_memory.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "ops/testing/fake_device/fake_device.h"

namespace mrsn::testing {
namespace {

constexpr size_t kPage = 4096;

struct Block {
  size_t mapped = 0, bytes = 0;
  int users = 0;  // HostAccess objects
};

struct Blocks {
  std::mutex mutex;
  std::unordered_map<void*, Block> by_address;
  int64_t bytes = 0, peak = 0;
};

// Lives on after main(): tensors in static variables die later.
Blocks& All() {
  static auto* blocks = new Blocks;
  return *blocks;
}

void Release(void* address) {
  if (address == nullptr) return;
  Blocks& all = All();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_address.find(address);
  munmap(address, found->second.mapped);
  all.bytes -= static_cast<int64_t>(found->second.bytes);
  all.by_address.erase(found);
}

class Allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device device(kFakeDeviceType, 0);
    if (bytes == 0) return {nullptr, nullptr, &Release, device};
    const size_t mapped = (bytes + kPage - 1) / kPage * kPage;
    void* address = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TORCH_CHECK(address != MAP_FAILED, "fake device: no memory for ", bytes, " bytes");
    Blocks& all = All();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.by_address[address] = {mapped, bytes, 0};
    all.bytes += static_cast<int64_t>(bytes);
    all.peak = std::max(all.peak, all.bytes);
    return {address, address, &Release, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &Release; }
  void copy_data(void*, const void*, size_t) const override {
    TORCH_CHECK(false, "fake device: the allocator copies nothing");
  }
};

}  // namespace

c10::Allocator* FakeAllocator() {
  static auto* allocator = new Allocator;
  return allocator;
}

HostAccess::HostAccess(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.device().type() != kFakeDeviceType || tensor.storage().nbytes() == 0)
    return;
  block_ = const_cast<void*>(tensor.storage().data());
  Blocks& all = All();
  const std::lock_guard<std::mutex> lock(all.mutex);
  Block& block = all.by_address.at(block_);
  if (block.users++ == 0) mprotect(block_, block.mapped, PROT_READ | PROT_WRITE);
}

HostAccess::~HostAccess() {
  if (block_ == nullptr) return;
  Blocks& all = All();
  const std::lock_guard<std::mutex> lock(all.mutex);
  Block& block = all.by_address.at(block_);
  if (--block.users == 0) mprotect(block_, block.mapped, PROT_NONE);
}

int64_t FakeBytes() {
  const std::lock_guard<std::mutex> lock(All().mutex);
  return All().bytes;
}

int64_t PeakFakeBytes() {
  const std::lock_guard<std::mutex> lock(All().mutex);
  return All().peak;
}

void ResetPeakFakeBytes() {
  const std::lock_guard<std::mutex> lock(All().mutex);
  All().peak = All().bytes;
}

}  // namespace mrsn::testing
