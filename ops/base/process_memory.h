// The memory of this process.
#ifndef MRSN_OPS_BASE_PROCESS_MEMORY_H_
#define MRSN_OPS_BASE_PROCESS_MEMORY_H_

#include <sys/resource.h>

#include <cstdint>

namespace mrsn {

// Largest resident memory of this process so far, in bytes.
inline int64_t PeakMemoryBytes() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PROCESS_MEMORY_H_
