// Values and gradients of the CPU kernels against torchvision, a slow reference and differences.
#include "ops/roi_align/roi_align.h"

#include <cstdint>
#include <string>
#include <tuple>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"
#include "gtest/gtest.h"
#include "ops/roi_align/roi_align_reference.h"
#include "ops/testing/golden.h"
#include "torch/csrc/autograd/autograd.h"

namespace mrsn::ops {
namespace {

double MaxError(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

RoiAlignOptions OptionsOf(const nlohmann::json& entry) {
  RoiAlignOptions options;
  options.output_height = entry.at("output")[0];
  options.output_width = entry.at("output")[1];
  options.spatial_scale = entry.at("spatial_scale");
  options.sampling_ratio = entry.at("sampling_ratio");
  options.aligned = entry.at("aligned");
  return options;
}

TEST(RoiAlignTest, EqualsTorchvision) {
  const GoldenBundle golden = ReadGoldenBundle("ops/roi_align/testdata/roi_align");
  ASSERT_EQ(golden.meta.at("cases").size(), 45);
  for (const auto& entry : golden.meta.at("cases")) {
    const std::string tag = entry.at("tag");
    const RoiAlignOptions options = OptionsOf(entry);
    const at::Tensor boxes = golden[entry.at("rois")].narrow(1, 1, 4);
    const at::Tensor clip_index = golden[entry.at("rois")].select(1, 0).to(at::kLong);
    const at::Tensor features = golden[entry.at("feat")].clone().requires_grad_();

    const at::Tensor out = RoiAlign(features, boxes, clip_index, options);
    ASSERT_EQ(out.sizes(), golden[tag + "/out"].sizes()) << tag;
    EXPECT_LT(MaxError(out.detach(), golden[tag + "/out"]), 1e-6) << tag;
    out.backward(golden[tag + "/gout"]);
    // A cell under many samples sums to a few hundred, hence the relative part.
    EXPECT_TRUE(at::allclose(features.grad(), golden[tag + "/grad_in"], 1e-5, 1e-6)) << tag;

    const at::Tensor out_f64 = RoiAlign(features.detach().to(at::kDouble), boxes, clip_index, options);
    EXPECT_LT(MaxError(out_f64, golden[tag + "/out_f64"]), 1e-13) << tag;
  }
}

// Mean over time, RoIAlign, maximum over the bins: what a SlowFast head does.
TEST(RoiAlignTest, EqualsTorchvisionInAHead) {
  const GoldenBundle golden = ReadGoldenBundle("ops/roi_align/testdata/roi_align");
  const at::Tensor rois = golden["tmean/rois"];
  const at::Tensor out =
      RoiAlign(golden["feat5d"].mean(2), rois.narrow(1, 1, 4), rois.select(1, 0).to(at::kLong), {});
  EXPECT_LT(MaxError(out, golden["tmean/out"]), 1e-6);
  EXPECT_LT(MaxError(out.amax({2, 3}), golden["tmean/spatial_max"]), 1e-6);
}

enum class Layout { kContiguous, kChannelsLast, kStrided };

at::Tensor WithLayout(const at::Tensor& tensor, Layout layout) {
  switch (layout) {
    case Layout::kContiguous:
      return tensor.contiguous();
    case Layout::kChannelsLast:
      return tensor.contiguous(at::MemoryFormat::ChannelsLast);
    case Layout::kStrided:  // every second column of a wider tensor
      return at::stack({tensor, tensor + 1}, -1).flatten(-2).slice(-1, 0, c10::nullopt, 2);
  }
  return {};
}

// Three clips, the middle one without boxes; inside, across each border, over everything, thin.
at::Tensor Boxes() {
  return at::tensor({20.f, 12.f, 91.f,  130.f, 100.f, 30.f, 190.f, 141.f, -31.f, -17.f, 60.f, 70.f,
                     0.f,  0.f,  208.f, 144.f, 77.f,  3.f,  81.f,  139.f, 3.f,   60.f,  12.f, 66.f})
      .view({6, 4});
}
at::Tensor ClipIndex() { return at::tensor(at::ArrayRef<int64_t>({2, 0, 0, 2, 2, 0})); }

class RoiAlignParityTest
    : public ::testing::TestWithParam<std::tuple<at::ScalarType, Layout, int64_t, bool>> {};

TEST_P(RoiAlignParityTest, EqualsReference) {
  const auto [type, layout, sampling_ratio, aligned] = GetParam();
  RoiAlignOptions options;
  options.sampling_ratio = sampling_ratio;
  options.aligned = aligned;
  options.output_width = 5;
  at::manual_seed(1);
  // 70 channels: two full blocks of the kernel and a part of one.
  const at::Tensor features = WithLayout(at::randn({3, 70, 9, 13}).to(type), layout).requires_grad_();
  const at::Tensor grad = WithLayout(at::randn({6, 70, 7, 5}).to(type), layout);

  const at::Tensor out = RoiAlign(features, Boxes(), ClipIndex(), options);
  ASSERT_EQ(out.scalar_type(), type);
  EXPECT_EQ(out.is_contiguous(at::MemoryFormat::ChannelsLast), layout == Layout::kChannelsLast);
  out.backward(grad);
  const RoiAlignReference reference(Boxes(), ClipIndex(), features.sizes(), options);
  const at::Tensor expected = reference.Forward(features.detach());
  const at::Tensor expected_grad = reference.Backward(grad);
  // bfloat16 keeps 8 bits of the result; sums are made in float.
  const double tolerance = type == at::kDouble ? 1e-13 : type == at::kFloat ? 2e-6 : 4e-3;
  EXPECT_TRUE(at::allclose(out.detach().to(at::kDouble), expected, tolerance, tolerance))
      << MaxError(out.detach(), expected);
  EXPECT_TRUE(at::allclose(features.grad().to(at::kDouble), expected_grad, tolerance, tolerance))
      << MaxError(features.grad(), expected_grad);
  EXPECT_EQ(features.grad()[1].count_nonzero().item<int64_t>(), 0);  // the clip without boxes
}

std::string ParityName(const ::testing::TestParamInfo<RoiAlignParityTest::ParamType>& info) {
  const auto [type, layout, ratio, aligned] = info.param;
  const char* const layouts[] = {"contiguous", "channels_last", "strided"};
  return std::string(c10::toString(type)) + "_" + layouts[static_cast<int>(layout)] +
         (ratio == 0 ? "_adaptive" : "_ratio" + std::to_string(ratio)) + (aligned ? "_aligned" : "");
}

INSTANTIATE_TEST_SUITE_P(All, RoiAlignParityTest,
                         ::testing::Combine(::testing::Values(at::kFloat, at::kDouble, at::kBFloat16),
                                            ::testing::Values(Layout::kContiguous, Layout::kChannelsLast,
                                                              Layout::kStrided),
                                            ::testing::Values(0, 2), ::testing::Bool()),
                         ParityName);

TEST(RoiAlignTest, GradientEqualsCentralDifferences) {
  at::manual_seed(2);
  const at::Tensor features = at::randn({2, 2, 4, 5}, at::kDouble);
  const at::Tensor boxes = at::tensor({3.0, 5.0, 60.0, 50.0, -9.0, 20.0, 41.0, 90.0}).view({2, 4});
  const at::Tensor clip_index = at::tensor(at::ArrayRef<int64_t>({1, 0}));
  const at::Tensor weights = at::randn({2, 2, 7, 7}, at::kDouble);
  const auto loss = [&](const at::Tensor& at_features) {
    return (RoiAlign(at_features, boxes, clip_index, {}).sin() * weights).sum();  // sin: not linear
  };
  at::Tensor input = features.clone().requires_grad_();
  loss(input).backward();
  for (int64_t k = 0; k < features.numel(); ++k) {
    constexpr double kStep = 1e-5;
    at::Tensor above = features.clone(), below = features.clone();
    above.view(-1)[k] += kStep;
    below.view(-1)[k] -= kStep;
    const double difference = (loss(above) - loss(below)).item<double>() / (2 * kStep);
    EXPECT_NEAR(input.grad().view(-1)[k].item<double>(), difference, 1e-8) << k;
  }
}

// The gradient's gradient: d <v, Backward(g)> / dg = Forward(v).
TEST(RoiAlignTest, SecondOrderGradient) {
  at::manual_seed(3);
  const at::Tensor features = at::randn({3, 2, 9, 13}, at::kDouble).requires_grad_();
  const at::Tensor grad = at::randn({6, 2, 7, 7}, at::kDouble).requires_grad_();
  const at::Tensor v = at::randn({3, 2, 9, 13}, at::kDouble);
  const at::Tensor out = RoiAlign(features, Boxes(), ClipIndex(), {});
  const at::Tensor first =
      torch::autograd::grad({out}, {features}, {grad}, /*retain_graph=*/true, /*create_graph=*/true)[0];
  const at::Tensor second = torch::autograd::grad({(first * v).sum()}, {grad})[0];
  const RoiAlignReference reference(Boxes(), ClipIndex(), features.sizes(), {});
  EXPECT_LT(MaxError(second, reference.Forward(v)), 1e-13);
}

TEST(RoiAlignTest, SameBitsForAnyNumberOfThreads) {
  at::manual_seed(4);
  const int before = at::get_num_threads();
  at::Tensor out[2], grads[2];
  const at::Tensor input = at::randn({3, 100, 9, 13}), grad = at::randn({6, 100, 7, 7});
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const at::Tensor features = input.clone().requires_grad_();
    out[threads - 1] = RoiAlign(features, Boxes(), ClipIndex(), {});
    out[threads - 1].backward(grad);
    grads[threads - 1] = features.grad();
  }
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(out[0], out[1]));
  EXPECT_TRUE(at::equal(grads[0], grads[1]));
}

}  // namespace
}  // namespace mrsn::ops
