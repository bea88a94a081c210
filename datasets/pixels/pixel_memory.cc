#include "datasets/pixels/pixel_memory.h"

#include <cstdint>
#include <iterator>
#include <list>
#include <mutex>

namespace mrsn::datasets {
namespace {

constexpr std::align_val_t kAlignment{64};
// The C library is quick with smaller blocks.
constexpr size_t kFewestBytes = size_t{32} << 10;

// Under AddressSanitizer nothing waits, so that it sees whoever uses a freed frame.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kMostWaiting = 0;
#else
constexpr size_t kMostWaiting = kMostWaitingBytes;
#endif

struct Block {
  void* memory;
  size_t bytes;
};

void* Allocate(size_t bytes) { return ::operator new(bytes, kAlignment); }
void Deallocate(void* memory) { ::operator delete(memory, kAlignment); }

class WaitingBlocks {
 public:
  void* Take(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto block = blocks_.begin(); block != blocks_.end(); ++block) {
      if (block->bytes != bytes) continue;
      void* const memory = block->memory;
      bytes_ -= bytes;
      unused_.splice(unused_.begin(), blocks_, block);
      return memory;
    }
    return nullptr;
  }

  void Put(Block block) {
    std::list<Block> dropped;  // given back without the lock
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (unused_.empty()) unused_.emplace_front();
      unused_.front() = block;
      blocks_.splice(blocks_.begin(), unused_, unused_.begin());
      bytes_ += block.bytes;
      while (bytes_ > kMostWaiting) {
        bytes_ -= blocks_.back().bytes;
        dropped.splice(dropped.begin(), blocks_, std::prev(blocks_.end()));
      }
    }
    for (const Block& old : dropped) Deallocate(old.memory);
  }

  size_t bytes() {
    std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }

 private:
  std::mutex mutex_;
  std::list<Block> blocks_;  // freed last first: the cache may still hold them
  std::list<Block> unused_;  // nodes for blocks_
  size_t bytes_ = 0;
};

// Never destroyed: frames of static objects may outlive it.
WaitingBlocks& Waiting() {
  static auto* const blocks = new WaitingBlocks();
  return *blocks;
}

}  // namespace

void* TakePixelMemory(size_t bytes) {
  void* const memory = bytes < kFewestBytes ? nullptr : Waiting().Take(bytes);
  return memory != nullptr ? memory : Allocate(bytes);
}

void FreePixelMemory(void* memory, size_t bytes) noexcept {
  if (memory == nullptr) return;
  if (bytes < kFewestBytes) return Deallocate(memory);
  Waiting().Put({memory, bytes});
}

size_t WaitingPixelBytes() { return Waiting().bytes(); }

}  // namespace mrsn::datasets
