#include "ops/parallel/parallel_for.h"

#include <ATen/Parallel.h>
#include <c10/util/ParallelGuard.h>

#include <algorithm>
#include <exception>
#include <mutex>

// GCC's OpenMP runtime, which LibTorch brings and uses itself: "The libgomp ABI" in its manual. Clang's
// OpenMP would start threads of its own beside LibTorch's.
extern "C" {
void GOMP_parallel(void (*run)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_num_threads();
int omp_get_thread_num();
}

namespace mrsn::ops {
namespace {

struct Loop {
  int64_t begin, end, grain;
  absl::FunctionRef<void(int64_t, int64_t)> f;
  std::mutex mutex;
  std::exception_ptr thrown;
};

// The part of one thread of the team; the division into parts is at::parallel_for's.
void RunPart(void* data) {
  Loop& loop = *static_cast<Loop*>(data);
  const int64_t indices = loop.end - loop.begin;
  const int64_t parts = std::min<int64_t>(omp_get_num_threads(), at::divup(indices, loop.grain));
  const int64_t part = omp_get_thread_num(), size = at::divup(indices, parts);
  const int64_t first = loop.begin + part * size;
  if (first >= loop.end) return;
  try {
    const at::internal::ThreadIdGuard thread_id(part);
    const c10::ParallelGuard in_parallel(true);
    loop.f(first, std::min(loop.end, first + size));
  } catch (...) {
    const std::lock_guard<std::mutex> lock(loop.mutex);
    if (!loop.thrown) loop.thrown = std::current_exception();
  }
}

}  // namespace

void ParallelFor(int64_t begin, int64_t end, int64_t grain, absl::FunctionRef<void(int64_t, int64_t)> f) {
  if (begin >= end) return;
  at::internal::lazy_init_num_threads();
  if (end - begin <= grain || end - begin == 1 || at::in_parallel_region() || at::get_num_threads() == 1) {
    const at::internal::ThreadIdGuard thread_id(0);
    const c10::ParallelGuard in_parallel(true);
    f(begin, end);
    return;
  }
  Loop loop{begin, end, grain, f, {}, {}};
  GOMP_parallel(RunPart, &loop, /*threads=*/0, /*flags=*/0);
  if (loop.thrown) std::rethrow_exception(loop.thrown);
}

}  // namespace mrsn::ops
