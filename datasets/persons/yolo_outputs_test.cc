#include "datasets/persons/yolo_outputs.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

const cv::Size kInput(64, 32);  // cells: 8 x 4, 4 x 2, 2 x 1
constexpr int kCells = 42;

cv::Mat Zeros(int rows, int columns) {
  const int sizes[] = {1, rows, columns};
  return cv::Mat(3, sizes, CV_32F, cv::Scalar(0));
}

void SetRow(cv::Mat& output, int row, const std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) output.at<float>(0, row, static_cast<int>(i)) = values[i];
}

void ExpectRect(const cv::Rect2d& rect, double x, double y, double width, double height) {
  EXPECT_NEAR(rect.x, x, 1e-4);
  EXPECT_NEAR(rect.y, y, 1e-4);
  EXPECT_NEAR(rect.width, width, 1e-4);
  EXPECT_NEAR(rect.height, height, 1e-4);
}

TEST(LayoutOfShape, PublishedShapes) {
  EXPECT_EQ(*LayoutOfShape({1, 3549, 85}, {416, 416}), YoloLayout::kYolox);
  EXPECT_EQ(*LayoutOfShape({1, 8400, 85}, {640, 640}), YoloLayout::kYolox);
  EXPECT_EQ(*LayoutOfShape({1, 25200, 85}, {640, 640}), YoloLayout::kYoloV5);
  EXPECT_EQ(*LayoutOfShape({1, 84, 8400}, {640, 640}), YoloLayout::kYoloV8);
  EXPECT_EQ(*LayoutOfShape({1, 5, 8400}, {640, 640}), YoloLayout::kYoloV8);  // one class: the person
  EXPECT_EQ(*LayoutOfShape({1, kCells, 6}, kInput), YoloLayout::kYolox);
}

TEST(LayoutOfShape, OthersAreNamed) {
  for (const std::vector<int>& shape : std::vector<std::vector<int>>{
           {1, 8400, 85, 1}, {1, 100, 85}, {2, 8400, 85}, {1, 8400, 5}, {1, 4, 8400}, {1, 1000}}) {
    const auto layout = LayoutOfShape(shape, {640, 640});
    ASSERT_FALSE(layout.ok());
    EXPECT_THAT(std::string(layout.status().message()), HasSubstr("YOLOv5 (1,25200,5+classes)"));
  }
}

TEST(DecodePersons, YoloxAddsItsCellAndTakesTheExponential) {
  cv::Mat output = Zeros(kCells, 7);
  // Stride 8: cell 8 * 2 + 3 is x 3, y 2. Centre (3.5, 2.25) * 8; size e^0.5 * 8 and e^1 * 8.
  SetRow(output, 19, {0.5f, 0.25f, 0.5f, 1, 0.8f, 0.5f, 0.1f});
  // Stride 16 begins at 32: cell 32 + 4 + 2 is x 2, y 1.
  SetRow(output, 38, {0, -0.5f, 0, 0, 0.9f, 1, 0});
  // Stride 32: x 1. Another class is stronger.
  SetRow(output, 41, {0, 0, 0, 0, 0.9f, 0.4f, 0.6f});
  const auto persons = DecodePersons(output, YoloLayout::kYolox, kInput, 0, 0.1f);
  ASSERT_EQ(persons.size(), 2u);
  const double width = 8 * std::exp(0.5), height = 8 * std::exp(1.0);
  ExpectRect(persons[0].rect, 28 - width / 2, 18 - height / 2, width, height);
  EXPECT_NEAR(persons[0].score, 0.4, 1e-6);
  ExpectRect(persons[1].rect, 32 - 8, 8 - 8, 16, 16);
  const auto others = DecodePersons(output, YoloLayout::kYolox, kInput, 1, 0.1f);
  ASSERT_EQ(others.size(), 1u);
  ExpectRect(others[0].rect, 32 - 16, -16, 32, 32);
  EXPECT_NEAR(others[0].score, 0.54, 1e-6);
}

TEST(DecodePersons, YoloxWithDecodedBoxesKeepsThem) {
  cv::Mat output = Zeros(kCells, 6);
  SetRow(output, 5, {30, 16, 20, 24, 0.5f, 1});
  const auto persons = DecodePersons(output, YoloLayout::kYolox, kInput, 0, 0.1f);
  ASSERT_EQ(persons.size(), 1u);
  ExpectRect(persons[0].rect, 20, 4, 20, 24);
}

TEST(DecodePersons, YoloV5AndV8) {
  cv::Mat v5 = Zeros(3 * kCells, 7);
  SetRow(v5, 100, {30, 16, 20, 24, 0.5f, 0.9f, 0.2f});
  SetRow(v5, 101, {30, 16, 20, 24, 0.5f, 0.1f, 0.2f});
  const auto persons = DecodePersons(v5, YoloLayout::kYoloV5, kInput, 0, 0.01f);
  ASSERT_EQ(persons.size(), 1u);
  ExpectRect(persons[0].rect, 20, 4, 20, 24);
  EXPECT_NEAR(persons[0].score, 0.45, 1e-6);

  cv::Mat v8 = Zeros(6, kCells);
  const float column[] = {30, 16, 20, 24, 0.7f, 0.3f};
  for (int i = 0; i < 6; ++i) v8.at<float>(0, i, 17) = column[i];
  const auto found = DecodePersons(v8, YoloLayout::kYoloV8, kInput, 0, 0.5f);
  ASSERT_EQ(found.size(), 1u);
  ExpectRect(found[0].rect, 20, 4, 20, 24);
  EXPECT_NEAR(found[0].score, 0.7, 1e-6);
  EXPECT_TRUE(DecodePersons(v8, YoloLayout::kYoloV8, kInput, 0, 0.7f).empty());  // above, not from it on
}

TEST(DecodePersons, NoNumberIsNoBox) {
  cv::Mat output = Zeros(kCells, 6);
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  SetRow(output, 0, {nan, 0, 0, 0, 1, 1});
  SetRow(output, 1, {0, 0, 0, 0, nan, 1});
  SetRow(output, 2, {0, 0, 200, 0, 1, 1});  // e^200 is no float
  SetRow(output, 3, {0, 0, -infinity, 0, 1, 1});
  EXPECT_TRUE(DecodePersons(output, YoloLayout::kYolox, kInput, 0, 0.1f).empty());
}

TEST(MakeYoloInput, YoloxLiesAtTheUpperLeftInBgr) {
  const cv::Mat frame(20, 20, CV_8UC3, cv::Scalar(10, 20, 30));
  Letterbox letterbox;
  const cv::Mat input = MakeYoloInput(frame, YoloLayout::kYolox, kInput, &letterbox);
  EXPECT_EQ(std::vector<int>(input.size.p, input.size.p + 4), (std::vector<int>{1, 3, 32, 64}));
  EXPECT_NEAR(letterbox.scale, 1.6, 1e-9);
  EXPECT_EQ(letterbox.left, 0);
  const auto at = [&](int c, int y, int x) { return input.ptr<float>()[(c * 32 + y) * 64 + x]; };
  EXPECT_EQ(at(0, 0, 0), 10);
  EXPECT_EQ(at(2, 31, 31), 30);
  EXPECT_EQ(at(0, 0, 32), 114);
}

TEST(MakeYoloInput, OthersLieInTheMiddleInRgb) {
  const cv::Mat frame(20, 20, CV_8UC3, cv::Scalar(51, 102, 255));
  Letterbox letterbox;
  const cv::Mat input = MakeYoloInput(frame, YoloLayout::kYoloV8, kInput, &letterbox);
  EXPECT_EQ(letterbox.left, 16);
  EXPECT_EQ(letterbox.top, 0);
  const auto at = [&](int c, int y, int x) { return input.ptr<float>()[(c * 32 + y) * 64 + x]; };
  EXPECT_NEAR(at(0, 5, 16), 1, 1e-6);
  EXPECT_NEAR(at(2, 5, 47), 0.2, 1e-6);
  EXPECT_NEAR(at(0, 5, 15), 114 / 255.0, 1e-6);
  EXPECT_NEAR(at(0, 5, 48), 114 / 255.0, 1e-6);
}

}  // namespace
}  // namespace mrsn::datasets
