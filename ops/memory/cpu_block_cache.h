// Keeps large CPU blocks when their tensors die and gives them to the next tensors.
//
//   {
//     const CpuBlockCache::Scope scope;
//     output = detector.Forward(input);   // the second pass touches no fresh page
//   }
//
// Why: the system hands a fresh block's pages out one by one, zeroed, at first touch. A
// forward pass over a 256 x 341 clip makes gigabytes of short-lived tensors; without this,
// about a tenth of its time goes into page faults. LibTorch's allocator for CUDA does the same; LibTorch has
// no such allocator for CPUs.
#ifndef MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_
#define MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_

#include <cstddef>

namespace mrsn::ops {

class CpuBlockCache {
 public:
  // While a Scope lives, tensors of 1 MiB and more that this thread makes take their memory from the cache.
  // They give it back when they die, also later and on any thread. Scopes nest. The first Scope registers an
  // allocator with LibTorch, which passes all other requests on to the allocator before it.
  class Scope {
   public:
    Scope();
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

  // Bytes of the kept blocks: never more than were in use at once.
  static size_t KeptBytes();
  // Gives the kept blocks back to the system.
  static void Clear();
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_MEMORY_CPU_BLOCK_CACHE_H_
