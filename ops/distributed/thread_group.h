// Ranks as threads of one test: a process group without processes.
#ifndef MRSN_OPS_DISTRIBUTED_THREAD_GROUP_H_
#define MRSN_OPS_DISTRIBUTED_THREAD_GROUP_H_

#include <functional>

#include "ops/distributed/process_group.h"

namespace mrsn {

// Calls `body` in `size` threads, each with the group of its rank, and returns when all have ended. A rank
// that waits for one whose body has ended gets Unavailable. Sums are added in the order of the ranks.
void RunAsRanks(int size, const std::function<void(ProcessGroup&)>& body);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_THREAD_GROUP_H_
