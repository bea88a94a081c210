// Large CPU blocks are kept when their tensors die, and given to the next tensors.
//
//   {
//     const CpuBlockCache::Scope scope;
//     output = detector.Forward(input);   // the second pass touches no fresh page
//   }
//
// Why: the system hands a fresh block's pages out one by one, zeroed, at first touch. A
// forward pass over a 256 x 341 clip makes gigabytes of short-lived tensors; without this,
// about a tenth of its time goes into page faults. It is what LibTorch's allocator for
// CUDA does; for CPUs LibTorch has none.
#ifndef MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_
#define MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_

#include <cstddef>

namespace mrsn::ops {

class CpuBlockCache {
 public:
  // While one lives, tensors of 1 MiB and more that this thread makes take their memory
  // from the cache and give it back when they die, then or later, on any thread. Nests.
  // The first one registers an allocator with LibTorch that passes everything else on to
  // the one before it.
  class Scope {
   public:
    Scope();
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

  // Bytes kept for later. Never more than were in use at once.
  static size_t KeptBytes();
  // Gives them back to the system.
  static void Clear();
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_
