#include "datasets/pixels/pixel_memory.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "datasets/pixels/pixel_matrix.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using Bytes = std::vector<uint8_t, PixelAllocator<uint8_t>>;

constexpr size_t kBytes = size_t{1} << 20;

TEST(PixelMemoryTest, FreedBlocksServeTheNextRequest) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "skipped: nothing waits under AddressSanitizer";
#endif
  const uint8_t* first = nullptr;
  {
    Bytes bytes(kBytes);
    first = bytes.data();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0);
    std::fill(bytes.begin(), bytes.end(), 7);
  }
  EXPECT_EQ(WaitingPixelBytes(), kBytes);
  {
    const Bytes larger(2 * kBytes);
    EXPECT_NE(larger.data(), first);
    Bytes same;
    same.resize(kBytes);
    EXPECT_EQ(same.data(), first);
    EXPECT_EQ(same[kBytes - 1], 7) << "not cleared";
    EXPECT_EQ(WaitingPixelBytes(), 0);
  }
  cv::Mat matrix = NewPixels(1024, 1024, CV_8UC1);
  EXPECT_EQ(matrix.data, first);
  const cv::Mat part = matrix(cv::Rect(3, 4, 5, 6));
  matrix.release();
  EXPECT_EQ(WaitingPixelBytes(), 2 * kBytes) << "the part holds the memory";
}

TEST(PixelMemoryTest, NoMoreThanTheBoundWaits) {
  constexpr size_t kLarge = kMostWaitingBytes / 4;
  std::vector<Bytes> held;
  for (int i = 0; i < 6; ++i) held.emplace_back(kLarge);
  held.clear();
  EXPECT_LE(WaitingPixelBytes(), kMostWaitingBytes);
  { const Bytes too_large(kMostWaitingBytes + 1); }
  EXPECT_LE(WaitingPixelBytes(), kMostWaitingBytes);
}

TEST(PixelMemoryTest, VectorsBehaveAsUsual) {
  Bytes bytes = {1, 2, 3};
  bytes.push_back(4);
  const Bytes copy = bytes;
  bytes.clear();
  EXPECT_EQ(copy, (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(Bytes(3, 9), (Bytes{9, 9, 9}));
}

// Each thread writes its own number into its block and finds it there.
TEST(PixelMemoryTest, ThreadsGetBlocksOfTheirOwn) {
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([number] {
      for (int round = 0; round < 200; ++round) {
        Bytes bytes(size_t{64} << 10);
        std::fill(bytes.begin(), bytes.end(), number);
        ASSERT_EQ(std::count(bytes.begin(), bytes.end(), number), bytes.size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mrsn::datasets
