#include "ops/device/arithmetic.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <thread>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

at::ScalarType TypeOfProduct() { return at::mm(at::ones({2, 3}), at::ones({3, 2})).scalar_type(); }

TEST(AutocastTest, ProductsHaveTheTypeForAsLongAsItLives) {
  EXPECT_EQ(TypeOfProduct(), at::kFloat);
  {
    const Autocast outer(at::kCPU, at::kBFloat16);
    EXPECT_EQ(TypeOfProduct(), at::kBFloat16);
    {
      const Autocast inner(at::kCPU, at::kHalf);
      EXPECT_EQ(TypeOfProduct(), at::kHalf);
      const Autocast none(at::kCPU, at::kFloat);  // does not turn the outer ones off
      EXPECT_EQ(TypeOfProduct(), at::kHalf);
    }
    EXPECT_EQ(TypeOfProduct(), at::kBFloat16);
    at::ScalarType elsewhere = at::kDouble;
    std::thread([&] { elsewhere = TypeOfProduct(); }).join();
    EXPECT_EQ(elsewhere, at::kFloat) << "another thread";
  }
  EXPECT_EQ(TypeOfProduct(), at::kFloat);
}

// 1 + 2^-9 has more bits than bfloat16: autocast rounds it to 1. Weights and their gradients stay float32.
TEST(AutocastTest, NumbersAreRoundedAndWeightsAreNot) {
  const at::Tensor weight = at::full({1, 1}, 1 + 1.0 / 512).set_requires_grad(true);
  at::Tensor product;
  {
    const Autocast autocast(at::kCPU, at::kBFloat16);
    product = at::mm(at::full({1, 1}, 3.0f), weight);
  }
  EXPECT_EQ(product.item<double>(), 3);
  product.sum().backward();
  EXPECT_EQ(weight.scalar_type(), at::kFloat);
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
  EXPECT_EQ(weight.grad().item<double>(), 3);
  EXPECT_EQ(weight.item<double>(), 1 + 1.0 / 512);
}

TEST(AutocastTest, DevicesWithoutAutocastAreLeftAlone) {
  const Autocast autocast(at::kMeta, at::kBFloat16);
  EXPECT_EQ(TypeOfProduct(), at::kFloat);
  EXPECT_EQ(at::mm(at::ones({2, 3}, at::kMeta), at::ones({3, 2}, at::kMeta)).scalar_type(), at::kFloat);
}

at::Float32Precision PrecisionOf(at::Float32Op op) {
  return at::globalContext().float32Precision(at::Float32Backend::CUDA, op);
}

TEST(MathSettingsTest, AreThoseOfTheArithmeticAndThenWhatTheyWere) {
  using at::Float32Op;
  using at::Float32Precision;
  const auto products = PrecisionOf(Float32Op::MATMUL), convolutions = PrecisionOf(Float32Op::CONV);
  const bool autotune = at::globalContext().benchmarkCuDNN();
  EXPECT_NE(products, Float32Precision::TF32) << "PyTorch's own settings have changed; see arithmetic.h";
  EXPECT_EQ(convolutions, Float32Precision::TF32);
  {
    const MathSettings plain(Arithmetic{});
    EXPECT_EQ(PrecisionOf(Float32Op::MATMUL), Float32Precision::IEEE);
    EXPECT_EQ(PrecisionOf(Float32Op::CONV), Float32Precision::IEEE);
    EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
    {
      Arithmetic arithmetic;
      arithmetic.tf32 = arithmetic.cudnn_autotune = true;
      const MathSettings fast(arithmetic);
      EXPECT_EQ(PrecisionOf(Float32Op::MATMUL), Float32Precision::TF32);
      EXPECT_EQ(PrecisionOf(Float32Op::CONV), Float32Precision::TF32);
      EXPECT_TRUE(at::globalContext().benchmarkCuDNN());
    }
    EXPECT_EQ(PrecisionOf(Float32Op::CONV), Float32Precision::IEEE);
  }
  EXPECT_EQ(PrecisionOf(Float32Op::MATMUL), products);
  EXPECT_EQ(PrecisionOf(Float32Op::CONV), convolutions);
  EXPECT_EQ(at::globalContext().benchmarkCuDNN(), autotune);
}

}  // namespace
}  // namespace mrsn
