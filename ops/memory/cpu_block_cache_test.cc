#include "ops/memory/cpu_block_cache.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

constexpr int64_t kMebi = int64_t{1} << 18;  // floats in 1 MiB

class CpuBlockCacheTest : public ::testing::Test {
 protected:
  void SetUp() override { CpuBlockCache::Clear(); }
};

TEST_F(CpuBlockCacheTest, TheNextTensorOfTheSizeGetsTheBlock) {
  const CpuBlockCache::Scope scope;
  at::Tensor a = at::empty({3 * kMebi});
  const void* block = a.data_ptr();
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 0);
  a.reset();
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 3 << 20);
  const at::Tensor b = at::empty({3 * kMebi - 100});  // 400 bytes less: the same eighth
  EXPECT_EQ(b.data_ptr(), block);
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 0);
}

TEST_F(CpuBlockCacheTest, LiveTensorsNeverShareMemory) {
  const CpuBlockCache::Scope scope;
  for (int round = 0; round < 3; ++round) {
    std::vector<at::Tensor> tensors;
    for (int i = 0; i < 8; ++i) tensors.push_back(at::full({kMebi + i * 1000}, i));
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(tensors[i].min().item<float>(), i);
      EXPECT_EQ(tensors[i].max().item<float>(), i);
    }
  }
}

TEST_F(CpuBlockCacheTest, OnlyWithinAScopeAndOnlyLargeOnes) {
  { const at::Tensor outside = at::empty({2 * kMebi}); }
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 0);
  {
    const CpuBlockCache::Scope outer;
    { const CpuBlockCache::Scope inner; }
    const at::Tensor small = at::empty({kMebi - 1});
    const at::Tensor large = at::empty({kMebi});
  }
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 1 << 20);
  const at::Tensor after = at::empty({kMebi});
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 1 << 20);
}

TEST_F(CpuBlockCacheTest, TensorsMayOutliveTheScopeAndDieOnAnotherThread) {
  std::optional<at::Tensor> tensor;
  {
    const CpuBlockCache::Scope scope;
    tensor = at::ones({4 * kMebi});
  }
  EXPECT_EQ(tensor->sum().item<float>(), 4 * kMebi);
  std::thread([&] { tensor.reset(); }).join();
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 4 << 20);
  CpuBlockCache::Clear();
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 0);
}

// As oneDNN's scratch memory does: without a tensor, and freed by address.
TEST_F(CpuBlockCacheTest, RawMemoryOfEitherKind) {
  c10::Allocator* allocator = nullptr;
  {
    const CpuBlockCache::Scope scope;
    allocator = c10::GetCPUAllocator();
    allocator->raw_deallocate(allocator->raw_allocate(2 << 20));
    EXPECT_EQ(CpuBlockCache::KeptBytes(), 2 << 20);
    allocator->raw_deallocate(allocator->raw_allocate(100));
  }
  allocator->raw_deallocate(allocator->raw_allocate(2 << 20));
  EXPECT_EQ(CpuBlockCache::KeptBytes(), 2 << 20);
}

TEST_F(CpuBlockCacheTest, AtMostAnEighthIsWasted) {
  const CpuBlockCache::Scope scope;
  for (int64_t floats = kMebi; floats < 40 * kMebi; floats += 77777) {
    { const at::Tensor tensor = at::empty({floats}); }
    EXPECT_GE(CpuBlockCache::KeptBytes(), floats * 4);
    EXPECT_LE(CpuBlockCache::KeptBytes(), floats * 4 * 9 / 8 + 1);
    CpuBlockCache::Clear();
  }
}

}  // namespace
}  // namespace mrsn::ops
