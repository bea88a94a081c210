#include "datasets/transforms.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

// A 2x3 frame whose pixels say where they are: R = 100 + 10 y + x, G = 50, B = x.
cv::Mat Numbered() {
  cv::Mat frame(2, 3, CV_8UC3);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) frame.at<cv::Vec3b>(y, x) = cv::Vec3b(100 + 10 * y + x, 50, x);
  }
  return frame;
}

ClipGeometry KeepSize(const cv::Mat& frame, bool flip = false) {
  return WholeFrame({frame.cols, frame.rows}, flip);
}

// The frame of that one channel, moved, row after row: "1 2 / 3 4".
std::string Rows(const cv::Mat& red, const ClipGeometry& geometry) {
  cv::Mat frame;
  const cv::Mat none = cv::Mat::zeros(red.size(), CV_8U);
  cv::merge(std::vector<cv::Mat>{red, none, none}, frame);
  const cv::Mat moved = TransformFrame(frame, geometry);
  std::string text;
  for (int y = 0; y < moved.rows; ++y) {
    absl::StrAppend(&text, y > 0 ? " /" : "");
    for (int x = 0; x < moved.cols; ++x) {
      absl::StrAppend(&text, text.empty() ? "" : " ", static_cast<int>(moved.at<cv::Vec3b>(y, x)[0]));
    }
  }
  return text;
}

TEST(TransformsTest, OrderOfChannelsFramesRowsColumns) {
  const cv::Mat first = Numbered(), second = first + cv::Scalar(100, 100, 100);
  const FrameStack stack = StackFrames({&first, &second});
  EXPECT_EQ(stack.frames, 2);
  EXPECT_EQ(stack.height, 2);
  EXPECT_EQ(stack.width, 3);
  ASSERT_EQ(stack.values.size(), 3 * 2 * 2 * 3);
  const auto at = [&](int c, int t, int y, int x) {
    return static_cast<int>(stack.values[((c * 2 + t) * 2 + y) * 3 + x]);
  };
  EXPECT_EQ(at(0, 0, 1, 2), 112);
  EXPECT_EQ(at(0, 1, 0, 1), 201);
  EXPECT_EQ(at(1, 0, 1, 1), 50);
  EXPECT_EQ(at(2, 1, 1, 2), 102);
  EXPECT_TRUE(StackFrames({}).values.empty());
}

TEST(TransformsTest, FlipMirrorsColumnsAndBoxes) {
  const cv::Mat frame = Numbered();
  const cv::Mat mirrored = TransformFrame(frame, KeepSize(frame, true));
  for (int x = 0; x < 3; ++x) EXPECT_EQ(mirrored.at<cv::Vec3b>(0, x)[0], 102 - x);
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
  cv::Mat red(4, 4, CV_8U);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) red.at<uint8_t>(y, x) = 40 * x + 10 * y;
  }
  // 25 = (0 + 40) / 2 + (0 + 10) / 2, 105 = (80 + 120) / 2 + 5, 45 = 20 + (20 + 30) / 2, 125 = 100 + 25
  EXPECT_EQ(Rows(red, WholeFrame({2, 2}, false)), "25 105 / 45 125");
  EXPECT_EQ(Rows(red, WholeFrame({2, 2}, true)), "105 25 / 125 45");
}

// Double size: output x samples source x / 2 - 0.25. Beyond the outer pixels' centres stands the border.
// 10 + 0.25 * 100 = 35, 10 + 0.75 * 100 = 85; rows: 35 + 0.25 * 40 = 45 and so on.
TEST(TransformsTest, DoublingInterpolatesBetweenCentres) {
  const cv::Mat red = (cv::Mat_<uint8_t>(2, 2) << 10, 110, 50, 150);
  EXPECT_EQ(Rows(red, WholeFrame({4, 4}, false)),
            "10 35 85 110 / 20 45 95 120 / 40 65 115 140 / 50 75 125 150");
}

// 8-bit values are rounded after interpolation: 3 pixels to 2 samples source 0.25 and 1.75, so that
// 0 + 0.25 * 11 = 2.75 and 11 + 0.75 * 11 = 19.25.
TEST(TransformsTest, ResizingRounds) {
  const cv::Mat red = (cv::Mat_<uint8_t>(1, 3) << 0, 11, 22);
  EXPECT_EQ(Rows(red, WholeFrame({2, 1}, false)), "3 19");
}

// The scaled frame is 4 x 4, the part of it 2 x 3 from column 1 and row 0.
TEST(TransformsTest, APartIsCutOutOfTheScaledFrame) {
  cv::Mat red(4, 4, CV_8U);
  for (int i = 0; i < 16; ++i) red.data[i] = i;
  ClipGeometry geometry = {{4, 4}, 1, 0, {2, 3}, false};
  EXPECT_EQ(Rows(red, geometry), "1 2 / 5 6 / 9 10");
  geometry.flip = true;
  EXPECT_EQ(Rows(red, geometry), "2 1 / 6 5 / 10 9");
}

// Row by row as frame by frame: enlarged, shrunk, of the same size, halved, cut and mirrored; with sizes that
// fill no register.
TEST(TransformsTest, StackedRowByRowEqualsFrameByFrame) {
  SplitMix64 random(3);
  cv::theRNG().state = 5;
  for (int round = 0; round < 300; ++round) {
    const auto side = [&](int least, int most) { return static_cast<int>(random.Between(least, most)); };
    const cv::Size from(side(1, 90), side(1, 90));
    ClipGeometry geometry = {{side(1, 130), side(1, 130)}, 0, 0, {}, random.Below(2) == 0};
    if (round % 10 == 0) geometry.scaled = {from.width, from.height};
    if (round % 10 == 1) geometry.scaled = {std::max(1, from.width / 2), std::max(1, from.height / 2)};
    geometry.size = {side(1, geometry.scaled.width), side(1, geometry.scaled.height)};
    if (round % 3 == 0) geometry.size = geometry.scaled;
    geometry.left = side(0, geometry.scaled.width - geometry.size.width);
    geometry.top = side(0, geometry.scaled.height - geometry.size.height);
    std::vector<Frame> frames;
    std::vector<cv::Mat> transformed;
    std::vector<const cv::Mat*> pointers;
    for (int t = 0; t < 3; ++t) {
      cv::Mat rgb(from, CV_8UC3);
      cv::randu(rgb, 0, 256);
      frames.emplace_back(rgb);
      transformed.push_back(TransformFrame(rgb, geometry));
    }
    for (const cv::Mat& frame : transformed) pointers.push_back(&frame);
    FrameStacker stacker(3, from, geometry);
    stacker.Put(frames[0], 1);  // replaced below
    for (const int t : {2, 0, 1}) stacker.Put(frames[t], t);
    const FrameStack found = stacker.Take(), expected = StackFrames(pointers);
    EXPECT_EQ(found.frames, 3);
    EXPECT_EQ(found.height, geometry.size.height);
    EXPECT_EQ(found.width, geometry.size.width);
    ASSERT_EQ(found.values, expected.values)
        << from << " to " << geometry.scaled.width << "x" << geometry.scaled.height << ", part "
        << geometry.size.width << "x" << geometry.size.height << " flip " << geometry.flip;
  }
}

TEST(TransformsTest, FramesTransformedElsewhereGoIntoTheStack) {
  const cv::Mat first = Numbered(), second = first + cv::Scalar(100, 100, 100);
  FrameStacker stacker(2, {20, 20}, WholeFrame({first.cols, first.rows}, true));
  stacker.PutTransformed(second, 1);
  stacker.PutTransformed(first, 0);
  EXPECT_EQ(stacker.Take().values, StackFrames({&first, &second}).values);
}

TEST(TransformsTest, FramesArePickedFromAStack) {
  const cv::Mat first = Numbered(), second = first + cv::Scalar(100, 100, 100);
  const FrameStack picked = PickFrames(StackFrames({&first, &second}), {1, 1, 0});
  EXPECT_EQ(picked.frames, 3);
  EXPECT_EQ(picked.values, StackFrames({&second, &second, &first}).values);
}

// Pixels 1..3 of 4 columns are the whole width of a part that begins at column 1 and is 2 wide, and more:
// the right edge is at its border.
TEST(TransformsTest, BoxesMoveWithThePart) {
  ClipGeometry geometry = {{4, 4}, 1, 2, {2, 2}, false};
  const Box box = {0.5f, 0.25f, 1, 0.75f};  // pixels 2..4, rows 1..3
  const Box moved = MoveBox(box, geometry);
  EXPECT_EQ(moved, (Box{0.5f, 0, 1, 0.5f}));
  geometry.flip = true;
  EXPECT_EQ(MoveBox(box, geometry), (Box{0, 0, 0.5f, 0.5f}));
  const Box outside = MoveBox({0, 0, 0.125f, 0.25f}, geometry);
  EXPECT_EQ(outside.Area(), 0);
  EXPECT_EQ(outside, (Box{1, 0, 1, 0}));
  // Without a cut corners stay as they are.
  EXPECT_EQ(MoveBox({-0.5f, 0, 1.5f, 1}, WholeFrame({7, 7}, false)), (Box{-0.5f, 0, 1.5f, 1}));
  EXPECT_EQ(MoveBox({-0.5f, 0, 1.25f, 1}, WholeFrame({7, 7}, true)), (Box{-0.25f, 0, 1.5f, 1}));
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
  const FlowStack whole = TransformFlow(flow, KeepSize(flow[0]));
  EXPECT_EQ(whole.frames, 2);
  ASSERT_EQ(whole.values.size(), 2 * 2 * 4 * 4);
  const auto at = [](const FlowStack& stack, int c, int t, int y, int x) {
    return stack.values[((c * stack.frames + t) * stack.height + y) * stack.width + x];
  };
  EXPECT_FLOAT_EQ(at(whole, 0, 1, 2, 3), 0.3f);
  EXPECT_FLOAT_EQ(at(whole, 1, 1, 2, 3), 0.52f);

  const FlowStack mirrored = TransformFlow(flow, KeepSize(flow[0], true));
  EXPECT_FLOAT_EQ(at(mirrored, 0, 0, 1, 0), -0.3f);  // what was in column 3, to the left now
  EXPECT_FLOAT_EQ(at(mirrored, 1, 0, 1, 0), 0.01f);

  // Half the size: the mean of four neighbours, not half the motion.
  const FlowStack half = TransformFlow(flow, WholeFrame({2, 2}, true));
  ASSERT_EQ(half.width, 2);
  EXPECT_FLOAT_EQ(at(half, 0, 0, 0, 0), -0.25f);
  EXPECT_FLOAT_EQ(at(half, 1, 1, 1, 1), 0.525f);

  // Columns 1 and 2 of rows 2 and 3.
  const FlowStack part = TransformFlow(flow, {{4, 4}, 1, 2, {2, 2}, false});
  EXPECT_FLOAT_EQ(at(part, 0, 0, 0, 0), 0.1f);
  EXPECT_FLOAT_EQ(at(part, 1, 0, 1, 1), 0.03f);
  EXPECT_TRUE(TransformFlow({}, WholeFrame({2, 2}, true)).values.empty());
}

}  // namespace
}  // namespace mrsn::datasets
