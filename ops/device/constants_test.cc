#include "ops/device/constants.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "gtest/gtest.h"
#include "ops/testing/fake_device/fake_device.h"

namespace mrsn {
namespace {

using testing::FakeCounted;
using testing::FakeCounts;
using testing::FakeDevice;

class ConstantsTest : public ::testing::Test {
 protected:
  at::Tensor Get(const char* kind, double number, const at::TensorOptions& options) {
    return Constant(kind, {number}, options, [&] {
      ++made_;
      return at::full({2}, number, at::kDouble);
    });
  }
  int made_ = 0;
};

TEST_F(ConstantsTest, MadeAndCopiedOnce) {
  const auto options = at::TensorOptions(at::kFloat).device(FakeDevice());
  const FakeCounts before = FakeCounted();
  const at::Tensor first = Get("once", 0.1, options), second = Get("once", 0.1, options);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ((FakeCounted() - before).copies_to_device, 1);
  EXPECT_TRUE(first.is_same(second));
  EXPECT_EQ(first.device(), FakeDevice());
  EXPECT_TRUE(at::equal(first.cpu(), at::full({2}, 0.1, at::kFloat)));
}

TEST_F(ConstantsTest, AnotherKindNumberTypeOrDeviceIsAnotherTensor) {
  Get("a", 1, at::kFloat);
  Get("b", 1, at::kFloat);
  Get("a", 2, at::kFloat);
  EXPECT_EQ(Get("a", 1, at::kBFloat16).scalar_type(), at::kBFloat16);
  EXPECT_EQ(Get("a", 1, at::TensorOptions(at::kFloat).device(FakeDevice())).device(), FakeDevice());
  EXPECT_EQ(made_, 5);
  EXPECT_EQ(Get("a", 2, at::kFloat)[0].item<float>(), 2);
  EXPECT_EQ(made_, 5);
}

TEST_F(ConstantsTest, ServesGradientsAlsoWhenMadeInInferenceMode) {
  {
    const c10::InferenceMode inference;
    Get("inference", 3, at::kFloat);
  }
  const at::Tensor x = at::ones({2}).set_requires_grad(true);
  (x * Get("inference", 3, at::kFloat)).sum().backward();
  EXPECT_EQ(x.grad()[0].item<float>(), 3);
  EXPECT_EQ(made_, 1);
}

TEST_F(ConstantsTest, KeepsNothingOnTheMetaDevice) {
  EXPECT_TRUE(Get("meta", 1, at::TensorOptions(at::kFloat).device(at::kMeta)).is_meta());
  Get("meta", 1, at::TensorOptions(at::kFloat).device(at::kMeta));
  EXPECT_EQ(made_, 2);
}

TEST_F(ConstantsTest, ForgetsTheOldest) {
  for (int i = 0; i < 300; ++i) Get("many", i, at::kFloat);
  EXPECT_EQ(made_, 300);
  Get("many", 299, at::kFloat);
  EXPECT_EQ(made_, 300);
  Get("many", 0, at::kFloat);
  EXPECT_EQ(made_, 301);
}

}  // namespace
}  // namespace mrsn
