#include "ops/norm_relu/norm_relu.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/norm_relu/norm_relu_reference.h"
#include "torch/csrc/autograd/function.h"
#include "torch/csrc/autograd/variable.h"

namespace mrsn::ops {
namespace {

using ::testing::HasSubstr;

void ExpectClose(const at::Tensor& actual, const at::Tensor& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  const at::Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  // Not <= of the negation: a NaN fails.
  EXPECT_TRUE((a - e).abs().max().item<double>() <= tolerance * e.abs().max().item<double>())
      << what << ": worst difference " << (a - e).abs().max().item<double>() << " of values up to "
      << e.abs().max().item<double>();
}

bool IsFused(const at::Tensor& y) {
  return y.grad_fn() && y.grad_fn()->name().find("ForwardFunction") != std::string::npos;
}

// Rows that are one wide row and a rest, many parts, less than a block, a few.
const std::vector<std::vector<int64_t>>& Sizes() {
  static const std::vector<std::vector<int64_t>> sizes = {
      {2, 1, 3, 5, 7},    {1, 2, 3, 5, 7},   {2, 3, 3, 5, 7},   {1, 8, 8, 33, 32}, {1, 17, 4, 9, 9},
      {2, 64, 4, 16, 17}, {1, 130, 2, 5, 7}, {1, 512, 1, 2, 1}, {3, 8, 11, 13},    {5, 32, 1, 1}};
  return sizes;
}

std::string Name(at::IntArrayRef sizes, const NormReluOptions& options, bool has_residual) {
  std::string name = options.relu ? "relu" : "linear";
  if (has_residual) name += " residual";
  for (const int64_t size : sizes) name += " " + std::to_string(size);
  return name;
}

template <typename Test>
void ForCases(const Test& test) {
  for (const auto& sizes : Sizes()) {
    for (const bool relu : {true, false}) {
      for (const bool has_residual : {false, true}) {
        NormReluOptions options;
        options.relu = relu;
        options.momentum = 0.3;
        test(sizes, options, has_residual, Name(sizes, options, has_residual));
      }
    }
  }
}

TEST(NormReluTest, IsTheFormulaInDouble) {
  ForCases(
      [](at::IntArrayRef sizes, const NormReluOptions& options, bool has_residual, const std::string& what) {
        Inputs in(sizes, has_residual), expected = in.To(at::kDouble);
        in.x.requires_grad_();
        const at::Tensor y = in.Run(options), reference = Act(Reference(expected, options), options);
        EXPECT_TRUE(IsFused(y)) << what;
        EXPECT_EQ(y.strides(), in.x.strides()) << what;
        ExpectClose(y, reference, 1e-6, what);
        ExpectClose(in.running_mean, expected.running_mean, 1e-6, what + " running mean");
        ExpectClose(in.running_var, expected.running_var, 1e-6, what + " running variance");
        // Only the running statistics change.
        ExpectClose(in.x, expected.x, 0, what + " x");
        ExpectClose(in.gamma, expected.gamma, 0, what + " gamma");
        ExpectClose(in.beta, expected.beta, 0, what + " beta");
        if (has_residual) ExpectClose(in.residual, expected.residual, 0, what + " residual");
      });
}

// Where the sum before ReLU is so near to 0 that float and double may disagree on its sign, the gradient
// from above is 0, so both agree whatever they think.
at::Tensor UpperGradient(Inputs in, const NormReluOptions& options) {
  const at::Tensor sum = Reference(in, options);
  return Last((at::randn(sum.sizes(), at::kDouble) * (sum.abs() > 1e-3)).to(at::kFloat));
}

TEST(NormReluTest, GradientsAreThoseOfAtenInDouble) {
  ForCases(
      [](at::IntArrayRef sizes, const NormReluOptions& options, bool has_residual, const std::string& what) {
        Inputs in(sizes, has_residual), wide = in.To(at::kDouble);
        const at::Tensor upper = UpperGradient(wide.To(at::kDouble), options);
        for (Inputs* side : {&in, &wide}) {
          for (at::Tensor* t : side->Differentiable()) t->requires_grad_();
        }
        const at::Tensor upper_before = upper.clone(), y = in.Run(options), wide_y = wide.Run(options);
        EXPECT_TRUE(IsFused(y)) << what;
        EXPECT_FALSE(IsFused(wide_y)) << what;
        y.backward(upper);
        wide_y.backward(upper.to(at::kDouble));
        EXPECT_TRUE(at::equal(upper, upper_before)) << what;
        const auto actual = in.Differentiable(), expected = wide.Differentiable();
        for (size_t i = 0; i < actual.size(); ++i) {
          ExpectClose(actual[i]->grad(), expected[i]->grad(), 1e-5, what + " gradient " + std::to_string(i));
        }
      });
}

TEST(NormReluTest, GradientsAreDifferencesOfTheFormula) {
  for (const bool relu : {true, false}) {
    NormReluOptions options;
    options.relu = relu;
    Inputs in({2, 3, 3, 5, 7}, true);
    const Inputs wide = in.To(at::kDouble);
    const at::Tensor upper = UpperGradient(wide.To(at::kDouble), options);
    for (at::Tensor* t : in.Differentiable()) t->requires_grad_();
    in.Run(options).backward(upper);
    for (size_t i = 0; i < in.Differentiable().size(); ++i) {
      const at::Tensor gradient = in.Differentiable()[i]->grad().contiguous().flatten();
      const double scale = gradient.abs().max().item<double>();
      for (int64_t sample = 0; sample < 12; ++sample) {
        const int64_t element = (sample * 7919 + 13) % gradient.numel();
        const auto loss = [&](double step) {
          Inputs moved = wide.To(at::kDouble);
          at::Tensor& t = *moved.Differentiable()[i];
          t = t.contiguous();
          t.view(-1)[element] += step;
          return (Act(Reference(moved, options), options) * upper).sum().item<double>();
        };
        EXPECT_NEAR(gradient[element].item<double>(), (loss(1e-5) - loss(-1e-5)) / 2e-5, 1e-5 * scale)
            << "input " << i << " element " << element;
      }
    }
  }
}

TEST(NormReluTest, TheMaskIsWhereTheOutputIsPositive) {
  for (const bool has_residual : {false, true}) {
    Inputs in({1, 17, 8, 33, 32}, has_residual, /*mean=*/10);
    in.beta.requires_grad_();
    const at::Tensor y = in.Run({});
    y.sum().backward();
    EXPECT_TRUE(at::equal(in.beta.grad(), (y > 0).sum({0, 2, 3, 4}).to(at::kFloat))) << has_residual;
  }
}

TEST(NormReluTest, LargeMeansCostNoDigits) {
  for (const auto& sizes : Sizes()) {
    for (const bool starts_with_zeros : {false, true}) {
      NormReluOptions options;
      options.relu = false;
      options.momentum = 1;
      Inputs in(sizes, false, /*mean=*/100);
      // As where a padded border is the first thing in memory.
      if (starts_with_zeros) in.x.select(-1, 0).select(-1, 0).zero_();
      Inputs expected = in.To(at::kDouble);
      const std::string what = Name(sizes, options, false) + (starts_with_zeros ? " zeros" : "");
      ExpectClose(in.Run(options), Reference(expected, options), 1e-6, what);
      const at::Tensor error = (in.running_var - expected.running_var).abs();
      EXPECT_TRUE((error <= 1e-6 * expected.running_var).all().item<bool>()) << what;
    }
  }
}

TEST(NormReluTest, ConstantChannelsGiveBetaAndNoGradient) {
  Inputs in({1, 8, 4, 16, 16}, false);
  in.x.fill_(1234.567);
  in.x.requires_grad_();
  NormReluOptions options;
  options.relu = false;
  options.momentum = 1;
  const at::Tensor y = in.Run(options);
  ExpectClose(y, in.beta.view({1, 8, 1, 1, 1}).expand_as(y), 1e-6, "value");
  EXPECT_EQ(in.running_var.abs().max().item<double>(), 0);
  y.sum().backward();
  // 1/sqrt(eps) = 316 times the rounding of 1 - mean(1).
  EXPECT_LE(in.x.grad().abs().max().item<double>(), 316 * 1e-6);
}

TEST(NormReluTest, DoesNotDependOnTheThreads) {
  const int threads = at::get_num_threads();
  for (const auto& sizes : std::vector<std::vector<int64_t>>{
           {1, 8, 8, 33, 32}, {1, 3, 8, 65, 64}, {1, 600, 4, 16, 16}, {1, 64, 8, 33, 32}}) {
    std::vector<std::vector<at::Tensor>> results;
    for (const int count : {1, 2, 3}) {
      at::set_num_threads(count);
      Inputs in(sizes, true);
      for (at::Tensor* t : in.Differentiable()) t->requires_grad_();
      const at::Tensor y = in.Run({});
      y.backward(in.residual.detach());
      results.push_back({y.detach(), in.running_mean, in.running_var});
      for (at::Tensor* t : in.Differentiable()) results.back().push_back(t->grad());
    }
    for (size_t i = 0; i < results[0].size(); ++i) {
      EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << i;
      EXPECT_TRUE(at::equal(results[0][i], results[2][i])) << i;
    }
  }
  at::set_num_threads(threads);
}

TEST(NormReluTest, AnyLayoutOfResidualAndGradient) {
  for (const bool relu : {true, false}) {
    NormReluOptions options;
    options.relu = relu;
    std::vector<std::vector<at::Tensor>> results;
    for (const bool contiguous : {false, true}) {
      Inputs in({2, 8, 3, 5, 7}, true);
      if (contiguous) in.residual = in.residual.contiguous();
      for (at::Tensor* t : in.Differentiable()) t->requires_grad_();
      const at::Tensor y = in.Run(options);
      EXPECT_TRUE(IsFused(y));
      if (contiguous) {
        y.sum().backward();  // an expanded scalar
      } else {
        y.backward(at::ones_like(y));
      }
      results.push_back({y.detach()});
      for (at::Tensor* t : in.Differentiable()) results.back().push_back(t->grad());
    }
    for (size_t i = 0; i < results[0].size(); ++i) EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << i;
  }
}

TEST(NormReluTest, OtherTypesAndLayoutsAreAten) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kBFloat16}) {
    Inputs in = Inputs({2, 8, 3, 5, 7}, true).To(type);
    in.x = in.x.contiguous();
    Inputs expected = in.To(at::kDouble);
    in.x.requires_grad_();
    const at::Tensor y = in.Run({});
    EXPECT_FALSE(IsFused(y));
    EXPECT_EQ(y.scalar_type(), type);
    const double tolerance = type == at::kBFloat16 ? 2e-2 : 1e-6;
    ExpectClose(y, Act(Reference(expected, {}), {}), tolerance, toString(type));
    ExpectClose(in.running_mean, expected.running_mean, tolerance, toString(type));
    ExpectClose(in.running_var, expected.running_var, tolerance, toString(type));
  }
}

TEST(NormReluTest, MetaTensorsHaveShapes) {
  Inputs in({2, 8, 3, 5, 7}, true);
  for (at::Tensor* t : in.All()) *t = t->to(at::kMeta);
  EXPECT_EQ(in.Run({}).sizes(), in.x.sizes());
}

TEST(NormReluTest, NoGradMode) {
  Inputs in({2, 8, 3, 5, 7}, true);
  in.x.requires_grad_();
  const at::Tensor y = in.Run({});
  at::NoGradGuard no_grad;
  const at::Tensor same = in.Run({});
  EXPECT_FALSE(same.requires_grad());
  EXPECT_TRUE(at::equal(same, y));
}

TEST(NormReluTest, NoValues) {
  Inputs in({2, 8, 3, 5, 7}, true);
  const at::Tensor mean = in.running_mean.clone();
  in.x = at::empty({0, 8, 3, 5, 7}, at::MemoryFormat::ChannelsLast3d).requires_grad_();
  in.residual = at::empty_like(in.x);
  const at::Tensor y = in.Run({});
  EXPECT_EQ(y.sizes(), in.x.sizes());
  y.sum().backward();
  EXPECT_EQ(in.x.grad().sizes(), in.x.sizes());
  EXPECT_TRUE(at::equal(in.running_mean, mean));
}

TEST(NormReluTest, NanAndInfinityStay) {
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    Inputs in({1, 8, 3, 5, 7}, false);
    in.x[0][3][1][2][3] = bad;
    const at::Tensor y = in.Run({});
    EXPECT_TRUE(y.select(1, 3).isnan().all().item<bool>());
    EXPECT_EQ(y.isnan().sum().item<int64_t>(), 3 * 5 * 7);
    EXPECT_EQ(in.running_var.isnan().sum().item<int64_t>(), 1);
  }
}

template <typename Function>
std::string ErrorOf(const Function& f) {
  try {
    f();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(NormReluTest, SecondDerivativesAreAnErrorOfTheFusedKernels) {
  const auto second = [](Inputs in) {
    in.x.requires_grad_();
    in.gamma.requires_grad_();
    const at::Tensor y = in.Run({}), loss = (y * y).sum();
    loss.backward({}, /*retain_graph=*/true, /*create_graph=*/true);
    const at::Tensor first = in.x.grad();
    in.x.mutable_grad().reset();
    (first * first).sum().backward();
  };
  const Inputs in({1, 3, 2, 3, 4}, false);
  EXPECT_THAT(ErrorOf([&] { second(in); }),
              HasSubstr("norm_relu: the fused kernels have no second derivative"));
  EXPECT_EQ(ErrorOf([&] { second(in.To(at::kDouble)); }), "no error");
}

TEST(NormReluTest, ChangesInPlaceAreNoticed) {
  Inputs in({1, 3, 2, 3, 4}, true);
  in.x.requires_grad_();
  const uint32_t version = in.running_mean._version();
  const at::Tensor y = in.Run({});
  EXPECT_GT(in.running_mean._version(), version);
  y.detach().add_(1);
  EXPECT_THAT(ErrorOf([&] { y.sum().backward(); }), HasSubstr("modified by an inplace operation"));
}

TEST(NormReluTest, WrongArguments) {
  const Inputs good({1, 3, 2, 3, 4}, true);
  const auto error = [&](const std::function<void(Inputs&)>& change) {
    Inputs bad = good;
    change(bad);
    return ErrorOf([&] { bad.Run({}); });
  };
  EXPECT_THAT(error([](Inputs& in) { in.x = at::ones({3}); }),
              HasSubstr("x has shape [3], expected [B,C,...]"));
  EXPECT_THAT(error([](Inputs& in) { in.gamma = at::ones({4}); }),
              HasSubstr("gamma has shape [4], expected [3]"));
  EXPECT_THAT(error([](Inputs& in) { in.beta = at::ones({1, 3}); }), HasSubstr("beta has shape [1, 3]"));
  EXPECT_THAT(error([](Inputs& in) { in.running_mean.reset(); }), HasSubstr("running_mean is undefined"));
  EXPECT_THAT(error([](Inputs& in) { in.running_var = at::ones({2}); }),
              HasSubstr("running_var has shape [2]"));
  EXPECT_THAT(error([](Inputs& in) {
                in.residual = at::ones({1, 3, 2, 3, 1});
              }),
              HasSubstr("residual has shape [1, 3, 2, 3, 1], expected x's, [1, 3, 2, 3, 4]"));
  EXPECT_THAT(error([](Inputs& in) { in.residual = in.residual.to(at::kDouble); }),
              HasSubstr("residual is Double on cpu"));
  EXPECT_THAT(error([](Inputs& in) {
                in.x = in.residual = at::ones({1, 3, 1, 1, 1});
              }),
              HasSubstr("expected more than one value per channel"));
}

}  // namespace
}  // namespace mrsn::ops
