// Memory for decoded frames and stacks of them.
#ifndef MRSN_DATASETS_PIXELS_PIXEL_MEMORY_H_
#define MRSN_DATASETS_PIXELS_PIXEL_MEMORY_H_

#include <cstddef>
#include <new>
#include <utility>

namespace mrsn::datasets {

// A loader takes and frees the same few sizes again and again, megabytes at a time. The C library gives such
// blocks back to the kernel, which clears them and maps them anew, page by page: as much work as scaling the
// frames. Here freed blocks wait for the next request of their size. At most kMostWaitingBytes wait; what was
// freed longest ago goes first. Every function may be called from any thread.
constexpr size_t kMostWaitingBytes = size_t{256} << 20;

// Aligned to 64 bytes, with any contents. Throws std::bad_alloc.
void* TakePixelMemory(size_t bytes);
// `bytes` as it was taken with.
void FreePixelMemory(void* memory, size_t bytes) noexcept;
size_t WaitingPixelBytes();

// For std::vector. resize() leaves new values as they are in memory, because whoever makes pixels writes all.
template <typename Value>
struct PixelAllocator {
  using value_type = Value;
  PixelAllocator() = default;
  template <typename Other>
  PixelAllocator(const PixelAllocator<Other>&) {}  // NOLINT: containers convert allocators

  Value* allocate(size_t count) { return static_cast<Value*>(TakePixelMemory(count * sizeof(Value))); }
  void deallocate(Value* values, size_t count) { FreePixelMemory(values, count * sizeof(Value)); }
  template <typename Made>
  void construct(Made* at) {
    ::new (static_cast<void*>(at)) Made;
  }
  template <typename Made, typename... Arguments>
  void construct(Made* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) Made(std::forward<Arguments>(arguments)...);
  }
  friend bool operator==(const PixelAllocator&, const PixelAllocator&) { return true; }
  friend bool operator!=(const PixelAllocator&, const PixelAllocator&) { return false; }
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PIXELS_PIXEL_MEMORY_H_
