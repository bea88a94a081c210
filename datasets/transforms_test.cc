#include "datasets/transforms.h"

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

float Normalised(float value, float mean = 0.45f, float std = 0.225f) { return (value / 255 - mean) / std; }

// A 2x3 frame whose pixels say where they are: R = 100 + 10 y + x, G = 50, B = x.
cv::Mat Numbered() {
  cv::Mat frame(2, 3, CV_8UC3);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) frame.at<cv::Vec3b>(y, x) = cv::Vec3b(100 + 10 * y + x, 50, x);
  }
  return frame;
}

TransformOptions KeepSize() {
  TransformOptions options;
  options.short_side = 0;
  return options;
}

TEST(TransformsTest, OrderOfChannelsFramesRowsColumns) {
  const cv::Mat first = Numbered(), second = first + cv::Scalar(100, 100, 100);
  const FrameStack stack = TransformFrames({&first, &second}, KeepSize());
  EXPECT_EQ(stack.frames, 2);
  EXPECT_EQ(stack.height, 2);
  EXPECT_EQ(stack.width, 3);
  ASSERT_EQ(stack.values.size(), 3 * 2 * 2 * 3);
  const auto at = [&](int c, int t, int y, int x) { return stack.values[((c * 2 + t) * 2 + y) * 3 + x]; };
  EXPECT_FLOAT_EQ(at(0, 0, 1, 2), Normalised(112));
  EXPECT_FLOAT_EQ(at(0, 1, 0, 1), Normalised(201));
  EXPECT_FLOAT_EQ(at(1, 0, 1, 1), Normalised(50));
  EXPECT_FLOAT_EQ(at(2, 1, 1, 2), Normalised(102));
}

TEST(TransformsTest, NormalisesAroundMeanAndStd) {
  const cv::Mat frame(1, 1, CV_8UC3, cv::Scalar(0, 255, 51));
  TransformOptions options = KeepSize();
  EXPECT_FLOAT_EQ(TransformFrames({&frame}, options).values[0], -2.0f);        // (0 - .45) / .225
  EXPECT_NEAR(TransformFrames({&frame}, options).values[1], 2.444444f, 1e-6);  // (1 - .45) / .225
  options.mean = 0.2f;
  options.std = 0.5f;
  EXPECT_NEAR(TransformFrames({&frame}, options).values[2], 0, 1e-7);  // 51 / 255 = .2
}

TEST(TransformsTest, FlipMirrorsColumnsAndBoxes) {
  const cv::Mat frame = Numbered();
  TransformOptions options = KeepSize();
  options.flip = true;
  const FrameStack stack = TransformFrames({&frame}, options);
  for (int x = 0; x < 3; ++x) EXPECT_FLOAT_EQ(stack.values[x], Normalised(102 - x));
  const Box flipped = FlipBox({0.1f, 0.2f, 0.4f, 0.9f});
  EXPECT_FLOAT_EQ(flipped.x1, 0.6f);
  EXPECT_FLOAT_EQ(flipped.y1, 0.2f);
  EXPECT_FLOAT_EQ(flipped.x2, 0.9f);
  EXPECT_FLOAT_EQ(flipped.y2, 0.9f);
}

TEST(TransformsTest, ShortSide) {
  const FrameSize size = ScaledSize({320, 240}, 256);  // 320 * 256 / 240 = 341.3
  EXPECT_EQ(size.width, 341);
  EXPECT_EQ(size.height, 256);
  EXPECT_EQ(ScaledSize({240, 320}, 112).width, 112);
  EXPECT_EQ(ScaledSize({240, 320}, 112).height, 149);
  EXPECT_EQ(ScaledSize({320, 240}, 0).width, 320);
}

// Half size, bilinear with half-pixel centres: output x samples source 2x + 0.5, the
// mean of two neighbours.
TEST(TransformsTest, HalvingAveragesNeighbours) {
  cv::Mat frame(4, 4, CV_8UC3);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) frame.at<cv::Vec3b>(y, x) = cv::Vec3b(40 * x + 10 * y, 0, 0);
  }
  TransformOptions options;
  options.short_side = 2;
  const FrameStack stack = TransformFrames({&frame}, options);
  ASSERT_EQ(stack.width, 2);
  ASSERT_EQ(stack.height, 2);
  EXPECT_NEAR(stack.values[0], Normalised(25), 0.01);   // (0 + 40) / 2 + (0 + 10) / 2
  EXPECT_NEAR(stack.values[1], Normalised(105), 0.01);  // (80 + 120) / 2 + 5
  EXPECT_NEAR(stack.values[2], Normalised(45), 0.01);   // 20 + (20 + 30) / 2
}

// Two flows of 4x4, x = 0.1 column, y = 0.01 row (+ 0.5 in the second).
TEST(TransformsTest, FlowIsScaledAndMirroredButKeepsItsValues) {
  std::vector<cv::Mat> flow;
  for (int t = 0; t < 2; ++t) {
    flow.emplace_back(4, 4, CV_32FC2);
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 4; ++x) flow[t].at<cv::Vec2f>(y, x) = {0.1f * x, 0.01f * y + 0.5f * t};
    }
  }
  TransformOptions options = KeepSize();
  const FrameStack whole = TransformFlow(flow, options);
  EXPECT_EQ(whole.channels, 2);
  EXPECT_EQ(whole.frames, 2);
  ASSERT_EQ(whole.values.size(), 2 * 2 * 4 * 4);
  const auto at = [](const FrameStack& stack, int c, int t, int y, int x) {
    return stack.values[((c * stack.frames + t) * stack.height + y) * stack.width + x];
  };
  EXPECT_FLOAT_EQ(at(whole, 0, 1, 2, 3), 0.3f);
  EXPECT_FLOAT_EQ(at(whole, 1, 1, 2, 3), 0.52f);

  options.flip = true;
  const FrameStack mirrored = TransformFlow(flow, options);
  EXPECT_FLOAT_EQ(at(mirrored, 0, 0, 1, 0), -0.3f);  // what was in column 3, to the left now
  EXPECT_FLOAT_EQ(at(mirrored, 1, 0, 1, 0), 0.01f);

  // Half the size: the mean of four neighbours, not half the motion.
  options.short_side = 2;
  const FrameStack half = TransformFlow(flow, options);
  ASSERT_EQ(half.width, 2);
  EXPECT_FLOAT_EQ(at(half, 0, 0, 0, 0), -0.25f);
  EXPECT_FLOAT_EQ(at(half, 1, 1, 1, 1), 0.525f);
  EXPECT_TRUE(TransformFlow({}, options).values.empty());
}

TEST(TransformsTest, NoFrames) { EXPECT_TRUE(TransformFrames({}, KeepSize()).values.empty()); }

}  // namespace
}  // namespace mrsn::datasets
