#include "ops/device/move_together.h"

#include <ATen/ATen.h>

#include <vector>

#include "gtest/gtest.h"
#include "ops/testing/fake_device/fake_device.h"

namespace mrsn {
namespace {

using testing::FakeCounted;
using testing::FakeCounts;
using testing::FakeDevice;

// Types of all widths, sizes that leave gaps, an empty tensor and one whose numbers are not in order.
std::vector<at::Tensor> Mixed() {
  return {at::arange(7, at::kByte),        at::arange(6, at::kFloat).view({2, 3}).t(),
          at::arange(5, at::kLong),        at::empty({0, 4}),
          at::arange(3).remainder(2) == 0, at::scalar_tensor(2.5, at::kDouble),
          at::arange(3, at::kHalf)};
}

std::vector<at::Tensor*> Pointers(std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor*> pointers;
  for (at::Tensor& tensor : tensors) pointers.push_back(&tensor);
  return pointers;
}

TEST(MoveTogetherTest, OneCopyThereAndOneBack) {
  const std::vector<at::Tensor> expected = Mixed();
  std::vector<at::Tensor> tensors = Mixed();
  const FakeCounts before = FakeCounted();
  MoveTogether(Pointers(tensors), FakeDevice());
  const FakeCounts moved = FakeCounted();
  EXPECT_EQ((moved - before).copies_to_device, 1);
  EXPECT_EQ((moved - before).host_reads, 0);
  for (const at::Tensor& tensor : tensors) EXPECT_EQ(tensor.device(), FakeDevice());
  FetchTogether(Pointers(tensors));
  EXPECT_EQ((FakeCounted() - moved).host_reads, 1);
  EXPECT_EQ((FakeCounted() - moved).copies_to_device, 0);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(tensors[i].scalar_type(), expected[i].scalar_type()) << i;
    EXPECT_TRUE(at::equal(tensors[i], expected[i])) << i;
    EXPECT_TRUE(tensors[i].is_contiguous()) << i;
  }
}

TEST(MoveTogetherTest, LeavesWhatIsThere) {
  at::Tensor there = at::ones({2}).to(FakeDevice()), none, here = at::ones({3});
  const void* address = there.storage().data();
  MoveTogether({&there, &none, &here}, FakeDevice());
  EXPECT_EQ(there.storage().data(), address);
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(here.device(), FakeDevice());
  at::Tensor on_cpu = at::ones({2, 3}).t();
  const at::Tensor same = on_cpu;
  const FakeCounts before = FakeCounted();
  MoveTogether({&on_cpu}, at::kCPU);
  FetchTogether({&on_cpu, &none});
  MoveTogether({&there}, FakeDevice());
  EXPECT_TRUE(on_cpu.is_same(same));
  EXPECT_EQ((FakeCounted() - before).operations, 0);
  EXPECT_THROW(MoveTogether({&there}, at::kMeta), c10::Error);
}

TEST(MoveTogetherTest, OnMetaThereAreShapesOnly) {
  at::Tensor tensor = at::ones({2, 3}, at::kLong);
  MoveTogether({&tensor}, at::kMeta);
  EXPECT_TRUE(tensor.is_meta());
  EXPECT_EQ(tensor.sizes(), at::IntArrayRef({2, 3}));
}

TEST(FetchTogetherTest, TakesNoGraphAlong) {
  const at::Tensor weight = at::ones({2}).to(FakeDevice()).set_requires_grad(true);
  at::Tensor loss = (weight * 3).sum();
  FetchTogether({&loss});
  EXPECT_FALSE(loss.requires_grad());
  EXPECT_EQ(loss.item<float>(), 6);
}

}  // namespace
}  // namespace mrsn
