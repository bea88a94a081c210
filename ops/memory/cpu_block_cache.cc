#include "ops/memory/cpu_block_cache.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>

namespace mrsn::ops {
namespace {

constexpr size_t kSmallest = size_t{1} << 20;

thread_local int active_scopes = 0;

// Sizes are rounded up to eighths of their power of two, so that similar tensors share
// blocks and at most an eighth is wasted.
size_t Rounded(size_t bytes) {
  size_t step = kSmallest / 8;
  while (step * 16 <= bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public c10::Allocator {
 public:
  static CachingAllocator& Get() {
    static auto* allocator = new CachingAllocator;  // tensors may outlive main()
    return *allocator;
  }

  c10::DataPtr allocate(size_t bytes) override {
    if (active_scopes == 0 || bytes < kSmallest) return below_->allocate(bytes);
    void* memory = Take(Rounded(bytes));
    return {memory, memory, &Delete, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &Delete; }

  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  size_t KeptBytes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t bytes = 0;
    for (const auto& [size, memory] : kept_) bytes += size;
    return bytes;
  }

  void Clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [size, memory] : kept_) below_->raw_deallocate(memory);
    kept_.clear();
  }

 private:
  CachingAllocator() : below_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, /*priority=*/100); }

  // Of any tensor made since this allocator stands before the other one.
  static void Delete(void* memory) {
    CachingAllocator& self = Get();
    {
      const std::lock_guard<std::mutex> lock(self.mutex_);
      const auto found = self.lent_.find(memory);
      if (found != self.lent_.end()) {
        self.kept_.emplace(found->second, memory);
        self.lent_.erase(found);
        return;
      }
    }
    if (memory != nullptr) self.below_->raw_deallocate(memory);
  }

  void* Take(size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = kept_.find(size);
    void* memory = nullptr;
    if (found != kept_.end()) {
      memory = found->second;
      kept_.erase(found);
    } else {
      memory = below_->raw_allocate(size);
    }
    lent_[memory] = size;
    return memory;
  }

  c10::Allocator* below_;
  std::mutex mutex_;
  std::multimap<size_t, void*> kept_;
  std::unordered_map<void*, size_t> lent_;
};

}  // namespace

CpuBlockCache::Scope::Scope() {
  CachingAllocator::Get();
  ++active_scopes;
}

CpuBlockCache::Scope::~Scope() { --active_scopes; }

size_t CpuBlockCache::KeptBytes() { return CachingAllocator::Get().KeptBytes(); }

void CpuBlockCache::Clear() { CachingAllocator::Get().Clear(); }

}  // namespace mrsn::ops
