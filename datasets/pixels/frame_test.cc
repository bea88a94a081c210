#include "datasets/pixels/frame.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

// Rounded down as an arithmetic shift.
int High(int product) { return product >> 16; }

// R, G and B as row_kernels.h says, with swscale's constants from libswscale/yuv2rgb.c: a table of BT.601 in
// 1/65536, stretched by 255/219 (luma) or shrunk by 224/255 (chroma of full range), rounded to 1/8192.
cv::Vec3b Expected(LumaRange range, int y, int u, int v) {
  const bool full = range == LumaRange::kFull;
  const auto chroma = [&](int64_t table) {
    return static_cast<int>(((full ? table * 224 / 255 : table) * 8192 + 32768) >> 16);
  };
  const int luma = full ? 8192 : static_cast<int>((int64_t{65536} * 255 / 219 * 8192 + 32768) >> 16);
  const int cy = High((8 * y - (full ? 0 : 128)) * luma);
  const int u8 = 8 * u - 1024, v8 = 8 * v - 1024;
  const auto clipped = [](int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); };
  return {clipped(cy + High(v8 * chroma(104597))),
          clipped(cy + High(u8 * chroma(-25675)) + High(v8 * chroma(-53279))),
          clipped(cy + High(u8 * chroma(132201)))};
}

TEST(FrameTest, YuvBecomesRgb) {
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  constexpr int kWidth = 70, kHeight = 6, kStride = 96;
  SplitMix64 random(2);
  std::vector<uint8_t> y(kStride * kHeight), cb(kStride * kHeight), cr(kStride * kHeight);
  for (auto* plane : {&y, &cb, &cr}) {
    for (uint8_t& value : *plane) value = static_cast<uint8_t>(random.Below(256));
  }
  for (const LumaRange range : {LumaRange::kLimited, LumaRange::kFull}) {
    const Frame frame({kWidth, kHeight, range, y.data(), cb.data(), cr.data(), kStride, kStride, kStride});
    EXPECT_EQ(frame.size(), cv::Size(kWidth, kHeight));
    EXPECT_LT(frame.bytes(), kWidth * kHeight * 2);
    const cv::Mat rgb = frame.Rgb();
    ASSERT_EQ(rgb.size(), frame.size());
    for (int row = 0; row < kHeight; ++row) {
      for (int x = 0; x < kWidth; ++x) {
        const int chroma = row / 2 * kStride + x / 2;
        ASSERT_EQ(rgb.at<cv::Vec3b>(row, x), Expected(range, y[row * kStride + x], cb[chroma], cr[chroma]))
            << row << " " << x;
      }
    }
  }
  // White, black and a medium grey of the usual range.
  for (const auto& [luma, grey] : std::vector<std::pair<int, int>>{{235, 255}, {16, 0}, {126, 128}}) {
    EXPECT_EQ(Expected(LumaRange::kLimited, luma, 128, 128), cv::Vec3b(grey, grey, grey));
  }
}

// R, G and B of a JPEG image as libjpeg's jdsample.c and jdcolor.c compute them, sample by sample.
TEST(FrameTest, JpegBecomesRgb) {
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  SplitMix64 random(4);
  for (const cv::Size size : {cv::Size(6, 2), cv::Size(70, 6), cv::Size(32, 4), cv::Size(130, 8)}) {
    const int width = size.width, height = size.height;
    std::array<std::vector<uint8_t>, 3> planes;
    const Frame frame = Frame::OfJpeg(width, height, [&](const std::array<uint8_t*, 3>& to) {
      for (int c = 0; c < 3; ++c) {
        const int count = c == 0 ? width * height : width * height / 4;
        for (int i = 0; i < count; ++i) {
          to[c][i] = static_cast<uint8_t>(random.Below(256));
          if (random.Below(4) == 0) to[c][i] = random.Below(2) == 0 ? 0 : 255;
        }
        planes[c].assign(to[c], to[c] + count);
      }
      return true;
    });
    const int half = width / 2, rows = height / 2;
    const auto chroma = [&](int c, int row, int x) {
      const int near = row / 2, far = std::clamp(row % 2 == 0 ? near - 1 : near + 1, 0, rows - 1);
      const auto sum = [&](int at) {
        at = std::clamp(at, 0, half - 1);
        return 3 * planes[c][near * half + at] + planes[c][far * half + at];
      };
      const int at = x / 2;
      return x % 2 == 0 ? (3 * sum(at) + sum(at - 1) + 8) >> 4 : (3 * sum(at) + sum(at + 1) + 7) >> 4;
    };
    const cv::Mat rgb = frame.Rgb();
    ASSERT_EQ(rgb.size(), cv::Size(width, height));
    for (int row = 0; row < height; ++row) {
      for (int x = 0; x < width; ++x) {
        const int y = planes[0][row * width + x], cb = chroma(1, row, x) - 128, cr = chroma(2, row, x) - 128;
        const auto clipped = [](int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); };
        const cv::Vec3b expected(clipped(y + ((91881 * cr + 32768) >> 16)),
                                 clipped(y + ((-22554 * cb - 46802 * cr + 32768) >> 16)),
                                 clipped(y + ((116130 * cb + 32768) >> 16)));
        ASSERT_EQ(rgb.at<cv::Vec3b>(row, x), expected) << width << ": " << row << " " << x;
      }
    }
  }
  EXPECT_TRUE(Frame::OfJpeg(8, 8, [](const std::array<uint8_t*, 3>&) { return false; }).empty());
}

TEST(FrameTest, RgbIsKeptAsItIs) {
  cv::Mat rgb(5, 43, CV_8UC3);
  cv::randu(rgb, 0, 256);
  const Frame frame(rgb);
  EXPECT_EQ(frame.Rgb().data, rgb.data);
  EXPECT_EQ(frame.bytes(), 5 * 43 * 3);
  EXPECT_TRUE(Frame().empty());
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  std::vector<std::vector<uint8_t>> planes(3, std::vector<uint8_t>(43 + kRowPadding));
  frame.ReadRow(3, {planes[0].data(), planes[1].data(), planes[2].data()});
  for (int x = 0; x < 43; ++x) {
    for (int c = 0; c < 3; ++c) ASSERT_EQ(planes[c][x], rgb.at<cv::Vec3b>(3, x)[c]);
  }
}

}  // namespace
}  // namespace mrsn::datasets
