#include "datasets/persons/person_detector.h"

#include <algorithm>
#include <vector>

#include "datasets/persons/onnx_input.h"
#include "datasets/persons/tiny_onnx.h"
#include "datasets/persons/yolo_outputs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

constexpr int kCells = 21;  // of an input of 32 x 32

std::string Write(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/person_detector_" + name;
  EXPECT_TRUE(WriteFileAtomically(path, bytes).ok());
  return path;
}

// Two overlapping persons, a third one, and a box of class 1. Every objectness grows with the blue of the
// input.
std::string TinyYolox(const std::string& name) {
  std::vector<float> values(kCells * 7);
  const auto set = [&](int row, const std::vector<float>& numbers) {
    std::copy(numbers.begin(), numbers.end(), values.begin() + row * 7);
  };
  set(5, {0.5, 0.5, 0, 0, 0.9f, 1, 0});    // stride 8, x 1, y 1: 8..16
  set(6, {-0.4f, 0.5, 0, 0, 0.8f, 1, 0});  // 8.8..16.8, y 8..16
  set(10, {0.5, 0.5, 0, 0, 0.5f, 1, 0});   // x 2, y 2: 16..24
  set(15, {0.5, 0.5, 0, 0, 0.9f, 0.1f, 0.9f});
  return Write(name, TinyOnnx({32, 32}, {1, kCells, 7}, values));
}

TEST(OnnxInputSize, OfWholeOpenAndBrokenFiles) {
  EXPECT_EQ(*OnnxInputSize(TinyOnnx({48, 32}, {1, 1, 6}, std::vector<float>(6)), "a.onnx"), cv::Size(48, 32));
  EXPECT_EQ(*OnnxInputSize(TinyOnnx({0, 0}, {1, 1, 6}, std::vector<float>(6)), "a.onnx"), cv::Size(0, 0));
  EXPECT_THAT(std::string(OnnxInputSize("", "a.onnx").status().message()),
              HasSubstr("a.onnx: the file is empty"));
  EXPECT_THAT(std::string(OnnxInputSize("<html>", "a.onnx").status().message()), HasSubstr("a web page"));
  const std::string whole = TinyOnnx({48, 32}, {1, 1, 6}, std::vector<float>(6));
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(OnnxInputSize(whole.substr(0, size), "a.onnx").ok() && size < whole.size() / 2) << size;
  }
}

TEST(OnnxPersonDetector, DecodesSuppressesAndNormalises) {
  const auto detector = MakeOnnxPersonDetector(TinyYolox("a.onnx"), {});
  ASSERT_TRUE(detector.ok()) << detector.status();
  // 64 x 32 pixels are scaled by 0.5 and fill the upper half of the input.
  const auto persons = (*detector)->Detect(cv::Mat::zeros(32, 64, CV_8UC3));
  ASSERT_TRUE(persons.ok()) << persons.status();
  ASSERT_EQ(persons->size(), 1u);  // the second one overlaps the first, and the third lies below the frame
  EXPECT_NEAR((*persons)[0].score, 0.9, 1e-6);
  const Box& box = (*persons)[0].box;
  EXPECT_NEAR(box.x1, 16 / 64.0, 1e-6);
  EXPECT_NEAR(box.y1, 16 / 32.0, 1e-6);
  EXPECT_NEAR(box.x2, 32 / 64.0, 1e-6);
  EXPECT_NEAR(box.y2, 1, 1e-6);
  EXPECT_THAT((*detector)->Name(), HasSubstr("YOLOX, person_detector_a.onnx, 32x32"));

  PersonDetectorOptions options;
  options.nms_iou = 0.9f;
  options.min_score = 0.6f;
  const auto more =
      (*MakeOnnxPersonDetector(TinyYolox("a.onnx"), options))->Detect(cv::Mat::zeros(32, 32, CV_8UC3));
  ASSERT_EQ(more->size(), 2u);  // 0.5 is below the threshold
  EXPECT_NEAR((*more)[1].score, 0.8, 1e-6);
}

TEST(OnnxPersonDetector, GivesYoloxBytesAndTheOthersFractions) {
  // The score is 0.1 and the mean of the input's first channel, divided by nothing.
  std::vector<float> v8(5 * kCells);
  v8[0] = 16;
  v8[kCells] = 16;
  v8[2 * kCells] = 8;
  v8[3 * kCells] = 8;
  const std::string path = Write("v8.onnx", TinyOnnx({32, 32}, {1, 5, kCells}, v8, {4 * kCells}));
  const auto detector = MakeOnnxPersonDetector(path, {});
  ASSERT_TRUE(detector.ok()) << detector.status();
  const auto persons = (*detector)->Detect(cv::Mat(32, 32, CV_8UC3, cv::Scalar(0, 0, 153)));  // red is first
  ASSERT_TRUE(persons.ok()) << persons.status();
  ASSERT_EQ(persons->size(), 1u);
  EXPECT_NEAR((*persons)[0].score, 153 / 255.0, 1e-5);
  EXPECT_THAT((*detector)->Name(), HasSubstr("YOLOv8"));
}

TEST(OnnxPersonDetector, ErrorsNameTheFile) {
  const auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(message(MakeOnnxPersonDetector("/none.onnx", {}).status()),
              HasSubstr("/none.onnx: cannot open"));
  const std::string open =
      Write("open.onnx", TinyOnnx({0, 0}, {1, kCells, 6}, std::vector<float>(kCells * 6)));
  EXPECT_THAT(message(MakeOnnxPersonDetector(open, {}).status()),
              HasSubstr("does not say the size of its input"));
  PersonDetectorOptions options;
  options.input = {64, 64};
  EXPECT_THAT(message(MakeOnnxPersonDetector(TinyYolox("a.onnx"), options).status()),
              HasSubstr("its input is 32x32, not 64x64"));
  options = {};
  options.person_class = 2;
  EXPECT_THAT(message((*MakeOnnxPersonDetector(TinyYolox("a.onnx"), options))
                          ->Detect(cv::Mat::zeros(8, 8, CV_8UC3))
                          .status()),
              HasSubstr("the network has 2 classes"));
  const std::string odd = Write("odd.onnx", TinyOnnx({32, 32}, {1, 7, 6}, std::vector<float>(42)));
  EXPECT_THAT(message((*MakeOnnxPersonDetector(odd, {}))->Detect(cv::Mat::zeros(8, 8, CV_8UC3)).status()),
              HasSubstr("odd.onnx: an output of shape (1,7,6)"));
}

// A standing person of dark clothes on a light wall, 128 <= x < 192 and 48 <= y < 202.
cv::Mat Silhouette() {
  cv::Mat frame(240, 320, CV_8UC3, cv::Scalar::all(180));
  const cv::Scalar dark = cv::Scalar::all(40);
  cv::circle(frame, {160, 60}, 12, dark, cv::FILLED, cv::LINE_AA);
  cv::ellipse(frame, {160, 105}, {20, 35}, 0, 0, 360, dark, cv::FILLED, cv::LINE_AA);
  for (const int side : {-1, 1}) {
    cv::line(frame, {160 + 8 * side, 130}, {160 + 12 * side, 195}, dark, 14, cv::LINE_AA);
    cv::line(frame, {160 + 18 * side, 85}, {160 + 28 * side, 140}, dark, 9, cv::LINE_AA);
  }
  return frame;
}

TEST(HogPersonDetector, FindsAStandingPerson) {
  const auto detector = MakeHogPersonDetector({});
  const auto persons = detector->Detect(Silhouette());
  ASSERT_TRUE(persons.ok()) << persons.status();
  ASSERT_FALSE(persons->empty());
  const Box person = {128 / 320.0f, 48 / 240.0f, 192 / 320.0f, 202 / 240.0f};
  EXPECT_GT(IntersectionOverUnion((*persons)[0].box, person), 0.6f);
  EXPECT_GT((*persons)[0].score, 0.9f);
  for (size_t i = 1; i < persons->size(); ++i) {
    EXPECT_LE((*persons)[i].score, (*persons)[i - 1].score);
    EXPECT_LE(IntersectionOverUnion((*persons)[0].box, (*persons)[i].box), 0.46f);
  }
  EXPECT_TRUE(detector->Detect(cv::Mat::zeros(240, 320, CV_8UC3))->empty());
  EXPECT_TRUE(detector->Detect(cv::Mat::zeros(40, 30, CV_8UC3)).ok());  // smaller than the window
}

}  // namespace
}  // namespace mrsn::datasets
