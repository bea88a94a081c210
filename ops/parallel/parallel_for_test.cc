#include "ops/parallel/parallel_for.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace mrsn::ops {
namespace {

using Part = std::pair<int64_t, int64_t>;

class ParallelForTest : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(3); }

  // In ascending order.
  static std::vector<Part> Parts(int64_t begin, int64_t end, int64_t grain) {
    std::mutex mutex;
    std::vector<Part> parts;
    ParallelFor(begin, end, grain, [&](int64_t first, int64_t last) {
      const std::lock_guard<std::mutex> lock(mutex);
      parts.emplace_back(first, last);
    });
    std::sort(parts.begin(), parts.end());
    return parts;
  }
};

TEST_F(ParallelForTest, PartsAreTheRange) {
  EXPECT_EQ(Parts(0, 9, 1), (std::vector<Part>{{0, 3}, {3, 6}, {6, 9}}));
  EXPECT_EQ(Parts(5, 12, 1), (std::vector<Part>{{5, 8}, {8, 11}, {11, 12}}));
  EXPECT_EQ(Parts(0, 9, 5), (std::vector<Part>{{0, 5}, {5, 9}}));
  EXPECT_EQ(Parts(0, 9, 9), (std::vector<Part>{{0, 9}}));
  EXPECT_EQ(Parts(4, 5, 1), (std::vector<Part>{{4, 5}}));
  EXPECT_TRUE(Parts(4, 4, 1).empty());
}

TEST_F(ParallelForTest, PartsRunAtOnceOnThreadsWithNumbers) {
  std::atomic<int> running{0};
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<int> numbers;
  ParallelFor(0, 3, 1, [&](int64_t, int64_t) {
    // Ends only if the others run, too.
    for (++running; running < 3;) std::this_thread::yield();
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
    numbers.insert(at::get_thread_num());
  });
  EXPECT_EQ(threads.size(), 3);
  EXPECT_EQ(numbers, (std::set<int>{0, 1, 2}));
}

TEST_F(ParallelForTest, LoopInsideAPartRunsWhole) {
  std::atomic<int> whole{0};
  ParallelFor(0, 3, 1, [&](int64_t, int64_t) {
    EXPECT_TRUE(at::in_parallel_region());
    ParallelFor(0, 10, 1, [&](int64_t first, int64_t last) { whole += first == 0 && last == 10; });
  });
  EXPECT_EQ(whole, 3);
  EXPECT_FALSE(at::in_parallel_region());
}

TEST_F(ParallelForTest, OneThreadRunsWhole) {
  at::set_num_threads(1);
  EXPECT_EQ(Parts(0, 9, 1), (std::vector<Part>{{0, 9}}));
}

TEST_F(ParallelForTest, ExceptionsLeaveTheLoop) {
  std::atomic<int> ended{0};
  EXPECT_THROW(ParallelFor(0, 3, 1,
                           [&](int64_t first, int64_t) {
                             if (first == 1) throw std::runtime_error("one");
                             ++ended;
                           }),
               std::runtime_error);
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace mrsn::ops
