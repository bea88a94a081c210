// Empty, degenerate, absurd and wrong input to RoIAlign.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/core/dispatch/Dispatcher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/roi_align/roi_align.h"
#include "ops/roi_align/roi_align_reference.h"

namespace mrsn::ops {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

at::Tensor Box(double x1, double y1, double x2, double y2, at::ScalarType type = at::kFloat) {
  return at::tensor({x1, y1, x2, y2}, at::kDouble).to(type).view({1, 4});
}

at::Tensor Clips(std::vector<int64_t> index) { return at::tensor(index, at::kLong); }

struct Result {
  at::Tensor out, grad;
};

// Features are 1 to 351 by position, so nothing is zero by accident; the output's gradient is all ones.
Result Pool(const at::Tensor& boxes, const RoiAlignOptions& options, at::ScalarType type = at::kFloat) {
  const at::Tensor features = at::arange(1, 352, type).view({1, 3, 9, 13}).requires_grad_();
  const at::Tensor out = RoiAlign(features, boxes, at::zeros({boxes.size(0)}, at::kLong), options);
  out.backward(at::ones_like(out));
  return {out.detach(), features.grad()};
}

void ExpectNothing(const Result& result, const std::string& what) {
  EXPECT_EQ(result.out.count_nonzero().item<int64_t>(), 0) << what;
  EXPECT_EQ(result.grad.count_nonzero().item<int64_t>(), 0) << what;
}

TEST(RoiAlignEdgeCasesTest, NoBoxes) {
  const Result result = Pool(at::zeros({0, 4}), {});
  EXPECT_EQ(result.out.sizes(), at::IntArrayRef({0, 3, 7, 7}));
  EXPECT_EQ(result.grad.sizes(), at::IntArrayRef({1, 3, 9, 13}));
  EXPECT_EQ(result.grad.count_nonzero().item<int64_t>(), 0);
}

TEST(RoiAlignEdgeCasesTest, NoClipsOrNoChannels) {
  EXPECT_EQ(RoiAlign(at::zeros({0, 3, 4, 4}), at::zeros({0, 4}), Clips({}), {}).sizes(),
            at::IntArrayRef({0, 3, 7, 7}));
  const at::Tensor features = at::zeros({1, 0, 4, 4}).requires_grad_();
  const at::Tensor out = RoiAlign(features, Box(0, 0, 9, 9), Clips({0}), {});
  EXPECT_EQ(out.sizes(), at::IntArrayRef({1, 0, 7, 7}));
  out.sum().backward();
  EXPECT_EQ(features.grad().sizes(), features.sizes());
}

TEST(RoiAlignEdgeCasesTest, NonFiniteBoxesGiveZeros) {
  for (const bool aligned : {true, false}) {
    for (const int64_t ratio : {0, 2}) {
      RoiAlignOptions options;
      options.aligned = aligned;
      options.sampling_ratio = ratio;
      for (const double bad : {kNan, kInf, -kInf}) {
        for (int coordinate = 0; coordinate < 4; ++coordinate) {
          at::Tensor box = Box(10, 20, 60, 70);
          box[0][coordinate] = bad;
          const std::string what = std::to_string(bad) + " at " + std::to_string(coordinate);
          ExpectNothing(Pool(box, options), what);
          ExpectNothing(Pool(box.to(at::kDouble), options, at::kDouble), what);
        }
      }
      // Finite as a double, infinite as the float in which a float map's boxes are measured.
      ExpectNothing(Pool(Box(0, 0, 1e300, 50, at::kDouble), options), "overflow");
      ExpectNothing(Pool(Box(-3e38, 0, 3e38, 50),
                         [&] {
                           RoiAlignOptions scaled = options;
                           scaled.spatial_scale = 1;
                           return scaled;
                         }()),
                    "overflow of the size");
    }
  }
}

TEST(RoiAlignEdgeCasesTest, ABadBoxLeavesTheOthersAlone) {
  const at::Tensor good = Box(10, 20, 60, 70);
  const Result alone = Pool(good, {});
  const Result together = Pool(at::cat({Box(kNan, 0, 1, 1), good, Box(50, 0, 10, 90)}), {});
  EXPECT_TRUE(at::equal(together.out[1], alone.out[0]));
  EXPECT_TRUE(at::equal(together.grad, alone.grad));
}

TEST(RoiAlignEdgeCasesTest, InvertedBoxes) {
  RoiAlignOptions options;
  ExpectNothing(Pool(Box(60, 20, 10, 70), options), "x inverted");
  ExpectNothing(Pool(Box(10, 70, 60, 20), options), "y inverted");
  ExpectNothing(Pool(Box(60, 70, 10, 20), options), "both inverted");
  ExpectNothing(Pool(Box(30, 20, 30, 70), options), "no width");

  // With a fixed ratio: the upright box's grid, mirrored.
  options.sampling_ratio = 2;
  const at::Tensor upright = Pool(Box(10, 20, 60, 70), options).out;
  EXPECT_TRUE(at::allclose(Pool(Box(60, 20, 10, 70), options).out, upright.flip({3}), 1e-5, 1e-4));
  EXPECT_TRUE(at::allclose(Pool(Box(10, 70, 60, 20), options).out, upright.flip({2}), 1e-5, 1e-4));

  // Without alignment: a box of one cell from the first corner.
  options.aligned = false;
  EXPECT_TRUE(at::allclose(Pool(Box(60, 20, 10, 70), options).out, Pool(Box(60, 20, 76, 70), options).out));
}

TEST(RoiAlignEdgeCasesTest, HugeBoxesAreBoundedInTimeAndValue) {
  for (const double size : {1e5, 1e6, 1e9, 1e20, 1e37}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const Result result = Pool(Box(-size, -size, size, size), {}, type);
      EXPECT_TRUE(result.out.isfinite().all().item<bool>()) << size;
      EXPECT_GE(result.out.min().item<double>(), 0.0) << size;
      EXPECT_LE(result.out.max().item<double>(), 351.0) << size;
    }
  }
  // Just below the limit of 4096 samples a bin the result is still the exact one.
  const double size = 7 * 16 * 2000.0;
  const at::Tensor box = Box(-size / 2 + 5, 0, size / 2 + 5, 100, at::kDouble);
  const at::Tensor features = at::arange(1, 352, at::kDouble).view({1, 3, 9, 13});
  const RoiAlignReference reference(box, Clips({0}), features.sizes(), {});
  EXPECT_TRUE(at::allclose(Pool(box, {}, at::kDouble).out, reference.Forward(features), 1e-12, 1e-12));
}

TEST(RoiAlignEdgeCasesTest, BoxesOutsideTheMap) {
  ExpectNothing(Pool(Box(1000, 10, 1100, 60), {}), "right of the frame");
  ExpectNothing(Pool(Box(-300, -300, -200, -200), {}), "above and left of the frame");
}

TEST(RoiAlignEdgeCasesTest, OneCellMapIsConstant) {
  const at::Tensor features = at::full({1, 2, 1, 1}, 3.5);
  const at::Tensor out = RoiAlign(features, Box(0, 0, 16, 16), Clips({0}), {});
  EXPECT_TRUE(at::allclose(out, at::full({1, 2, 7, 7}, 3.5)));
}

// A value that is not a number stays with the boxes that look at it.
TEST(RoiAlignEdgeCasesTest, NanFeaturesStayWhereTheyAre) {
  at::Tensor features = at::ones({2, 40, 9, 13});
  features[0].select(1, 0).fill_(kNan);
  features[1].fill_(kNan);
  const at::Tensor out = RoiAlign(features, Box(40, 60, 120, 120), Clips({0}), {});
  EXPECT_TRUE(at::allclose(out, at::ones_like(out)));
}

TEST(RoiAlignEdgeCasesTest, MetaTensorsHaveTheRightShape) {
  const at::Tensor features =
      at::empty({2, 5, 9, 13}, at::TensorOptions(at::kMeta), at::MemoryFormat::ChannelsLast).requires_grad_();
  const at::Tensor out = RoiAlign(features, at::empty({3, 4}, at::TensorOptions(at::kMeta)),
                                  at::empty({3}, at::TensorOptions(at::kMeta).dtype(at::kLong)), {});
  EXPECT_EQ(out.sizes(), at::IntArrayRef({3, 5, 7, 7}));
  EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  out.backward(at::empty_like(out));
  EXPECT_EQ(features.grad().sizes(), features.sizes());
}

template <typename Function>
std::string ErrorOf(const Function& function) {
  try {
    function();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(RoiAlignEdgeCasesTest, ErrorsNameWhatIsWrong) {
  using ::testing::HasSubstr;
  const at::Tensor features = at::zeros({2, 3, 9, 13}), box = Box(0, 0, 9, 9), clip = Clips({0});
  const auto error = [](const at::Tensor& f, const at::Tensor& b, const at::Tensor& c,
                        RoiAlignOptions options = {}) {
    return ErrorOf([&] { RoiAlign(f, b, c, options); });
  };
  EXPECT_THAT(error(features[0], box, clip), HasSubstr("[3, 9, 13], expected [B,C,H,W]"));
  EXPECT_THAT(error(at::zeros({1, 3, 0, 4}), box, clip), HasSubstr("H and W above 0"));
  EXPECT_THAT(error(features.to(at::kLong), box, clip), HasSubstr("float32, float64 or bfloat16"));
  EXPECT_THAT(error(features, at::zeros({1, 5}), clip), HasSubstr("[1, 5], expected [N,4]"));
  EXPECT_THAT(error(features, box.to(at::kInt), clip), HasSubstr("floating type"));
  EXPECT_THAT(error(features, box, Clips({0, 1})), HasSubstr("[2], expected [1]"));
  EXPECT_THAT(error(features, box, at::zeros({1})), HasSubstr("expected int64"));
  EXPECT_THAT(error(features, box, Clips({2})), HasSubstr("clip_index[0] is 2, expected 0..1"));
  EXPECT_THAT(error(features, box, Clips({-1})), HasSubstr("clip_index[0] is -1"));
  RoiAlignOptions options;
  options.output_height = 0;
  EXPECT_THAT(error(features, box, clip, options), HasSubstr("output is 0x7"));
  options = {};
  options.spatial_scale = kNan;
  EXPECT_THAT(error(features, box, clip, options), HasSubstr("spatial_scale is nan"));
  options = {};
  options.sampling_ratio = 1 << 20;
  EXPECT_THAT(error(features, box, clip, options), HasSubstr("sampling_ratio is 1048576"));
}

TEST(RoiAlignEdgeCasesTest, SaysWhenCudaKernelsAreNotBuilt) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("mrsn::roi_align", "");
  if (op.hasKernelForDispatchKey(c10::DispatchKey::CUDA)) GTEST_SKIP() << "built with CUDA kernels";
  // A tensor that says it is on a device, without any memory: enough to be turned away.
  auto impl = c10::make_intrusive<c10::TensorImpl>(c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                                   caffe2::TypeMeta::Make<float>(), c10::Device("cuda:0"));
  const at::Tensor features(std::move(impl));
  EXPECT_THROW(RoiAlign(features, Box(0, 0, 9, 9), Clips({0}), {}), c10::NotImplementedError);
  EXPECT_THAT(ErrorOf([&] { RoiAlign(features, Box(0, 0, 9, 9), Clips({0}), {}); }),
              ::testing::HasSubstr("--config=cuda"));
}

}  // namespace
}  // namespace mrsn::ops
