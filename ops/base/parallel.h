// Splitting independent work over a few threads.
#ifndef MRSN_OPS_BASE_PARALLEL_H_
#define MRSN_OPS_BASE_PARALLEL_H_

#include <algorithm>
#include <thread>
#include <vector>

namespace mrsn {

// Threads worth starting: the machine's, at most 16.
inline int DefaultThreads() {
  return std::max(1, std::min(16, static_cast<int>(std::thread::hardware_concurrency())));
}

// Calls work(0) .. work(tasks - 1), each on a thread of its own (the last on
// the caller's), and returns when all are done. `work` must not throw.
template <typename Work>
void RunTasks(int tasks, const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i + 1 < tasks; ++i) threads.emplace_back([&work, i] { work(i); });
  if (tasks > 0) work(tasks - 1);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_PARALLEL_H_
