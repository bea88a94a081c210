#include "ops/clip/scale_pixels.h"

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

PixelScaling Mmaction2() {
  PixelScaling scaling;
  scaling.divisor = 1;
  scaling.mean = {123.675f, 116.28f, 103.53f};
  scaling.std = {58.395f, 57.12f, 57.375f};
  return scaling;
}

PixelScaling Bgr(PixelScaling scaling) {
  scaling.bgr = true;
  return scaling;
}

// Two clips of one frame of 16 x 16 that shows all values in each channel, in another order in each.
at::Tensor AllValues() {
  at::Tensor pixels = at::empty({2, 3, 1, 16, 16}, at::kByte);
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    pixels.data_ptr<uint8_t>()[i] = static_cast<uint8_t>((i * (2 * (i / 256) + 1) + i / 256) % 256);
  }
  return pixels;
}

TEST(ScalePixelsTest, EveryValueOfEveryChannelHasTheBitsOfTheFormula) {
  const at::Tensor pixels = AllValues();
  for (const PixelScaling& scaling : {PixelScaling(), Mmaction2(), Bgr(PixelScaling()), Bgr(Mmaction2())}) {
    const at::Tensor by_table = ScalePixels(pixels, scaling);
    const at::Tensor by_arithmetic = ScalePixelsByArithmetic(pixels, scaling);
    for (int b = 0; b < 2; ++b) {
      for (int c = 0; c < 3; ++c) {
        const int colour = scaling.bgr ? 2 - c : c;
        std::vector<bool> seen(256);
        for (int p = 0; p < 256; ++p) {
          const int value = pixels.view({2, 3, 256})[b][colour][p].item<uint8_t>();
          seen[value] = true;
          const float divided = value / scaling.divisor;
          const float centred = divided - scaling.mean[colour];
          const float expected = centred / scaling.std[colour];
          for (const at::Tensor& scaled : {by_table, by_arithmetic}) {
            const float number = scaled.view({2, 3, 256})[b][c][p].item<float>();
            ASSERT_EQ(std::memcmp(&number, &expected, sizeof(float)), 0) << value << " of channel " << c;
          }
        }
        EXPECT_EQ(seen, std::vector<bool>(256, true));
      }
    }
  }
}

// Worked out by hand: (0 - .45) / .225, (51 / 255 - .45) / .225, (255 / 255 - .45) / .225.
TEST(ScalePixelsTest, PySlowFastsNumbers) {
  const at::Tensor pixels = at::tensor({0, 51, 255}, at::kByte).view({1, 3, 1, 1, 1});
  const at::Tensor numbers = ScalePixels(pixels, PixelScaling()).flatten();
  EXPECT_NEAR(numbers[0].item<float>(), -2, 1e-6);
  EXPECT_NEAR(numbers[1].item<float>(), -1.111111, 1e-6);
  EXPECT_NEAR(numbers[2].item<float>(), 2.444444, 1e-6);
}

// Worked out by hand from mmaction2's three means and deviations. In BGR order blue comes first.
TEST(ScalePixelsTest, EachChannelHasItsOwnMeanAndDeviation) {
  const at::Tensor pixels = at::tensor({124, 116, 160}, at::kByte).view({1, 3, 1, 1, 1});
  const at::Tensor rgb = ScalePixels(pixels, Mmaction2()).flatten();
  EXPECT_NEAR(rgb[0].item<float>(), 0.005566, 1e-5);   // (124 - 123.675) / 58.395
  EXPECT_NEAR(rgb[1].item<float>(), -0.004902, 1e-5);  // (116 - 116.28) / 57.12
  EXPECT_NEAR(rgb[2].item<float>(), 0.984227, 1e-5);   // (160 - 103.53) / 57.375
  EXPECT_TRUE(at::equal(ScalePixels(pixels, Bgr(Mmaction2())).flatten(), rgb.flip(0)));
}

TEST(ScalePixelsTest, ManyFramesAreScaledAsOne) {
  at::manual_seed(1);
  const at::Tensor pixels = at::randint(256, {2, 3, 5, 7, 9}, at::kByte);
  const at::Tensor turned = pixels.transpose(3, 4);  // not contiguous
  const PixelScaling scaling = Bgr(Mmaction2());
  EXPECT_TRUE(at::equal(ScalePixels(pixels, scaling), ScalePixelsByArithmetic(pixels, scaling)));
  EXPECT_TRUE(at::equal(ScalePixels(turned, scaling), ScalePixels(pixels, scaling).transpose(3, 4)));
  EXPECT_EQ(ScalePixels(pixels.slice(0, 0, 0), scaling).numel(), 0);
}

TEST(ScalePixelsTest, RefusesWhatIsNoPixels) {
  EXPECT_FALSE(ScalePixels(at::Tensor(), {}).defined());
  EXPECT_THROW(ScalePixels(at::zeros({1, 3, 1, 2, 2}), {}), c10::Error);
  EXPECT_THROW(ScalePixels(at::zeros({1, 2, 1, 2, 2}, at::kByte), {}), c10::Error);
  EXPECT_THROW(ScalePixels(at::zeros({3, 1, 2, 2}, at::kByte), {}), c10::Error);
}

}  // namespace
}  // namespace mrsn
