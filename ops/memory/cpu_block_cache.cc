#include "ops/memory/cpu_block_cache.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstring>
#include <map>
#include <mutex>
#include <utility>

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
    const size_t size = Rounded(bytes);
    auto* block = Take(size);
    if (block == nullptr) block = new Block{size, below_->allocate(size)};
    return {block->memory.get(), block, &Return, c10::Device(c10::DeviceType::CPU)};
  }

  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  size_t KeptBytes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t bytes = 0;
    for (const auto& [size, block] : kept_) bytes += size;
    return bytes;
  }

  void Clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [size, block] : kept_) delete block;
    kept_.clear();
  }

 private:
  struct Block {
    size_t size;
    c10::DataPtr memory;
  };

  CachingAllocator() : below_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, /*priority=*/100); }

  static void Return(void* context) { Get().Keep(static_cast<Block*>(context)); }

  void Keep(Block* block) {
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_.emplace(block->size, block);
  }

  Block* Take(size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = kept_.find(size);
    if (found == kept_.end()) return nullptr;
    Block* block = found->second;
    kept_.erase(found);
    return block;
  }

  c10::Allocator* below_;
  std::mutex mutex_;
  std::multimap<size_t, Block*> kept_;
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
