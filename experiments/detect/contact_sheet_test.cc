#include "experiments/detect/contact_sheet.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `persons` of each key frame.
DetectedVideo Video(const std::vector<int>& persons) {
  DetectedVideo video;
  for (const int count : persons) {
    DetectedKeyframe& keyframe = video.keyframes.emplace_back();
    keyframe.persons.resize(count);
  }
  return video;
}

TEST(SheetKeyframesTest, AreSpreadOverThoseWithPersons) {
  EXPECT_THAT(SheetKeyframes(Video({0, 1, 0, 2, 1}), 4), ElementsAre(1, 3, 4));
  EXPECT_THAT(SheetKeyframes(Video({0, 0, 0}), 4), ElementsAre(0, 1, 2));
  EXPECT_THAT(SheetKeyframes(Video(std::vector<int>(12, 1)), 4), ElementsAre(1, 4, 7, 10));
  EXPECT_THAT(SheetKeyframes(Video({}), 4), IsEmpty());
}

TEST(SheetCellTest, HasOneSizeForEveryPicture) {
  const cv::Mat small(144, 176, CV_8UC3, cv::Scalar(0, 0, 200)),
      large(1080, 1920, CV_8UC3, cv::Scalar::all(9));
  const cv::Mat cell = SheetCell(small, {}, 0);
  EXPECT_NEAR(cell.cols * cell.rows, 400 * 300, 400);
  EXPECT_NEAR(static_cast<double>(cell.cols) / cell.rows, 176.0 / 144, 0.01);
  EXPECT_NEAR(SheetCell(large, {}, 0).total(), 400 * 300, 800);
  EXPECT_EQ(cell.at<cv::Vec3b>(10, 10), cv::Vec3b(0, 0, 200));
  // The time's plate stands at the lower left.
  EXPECT_NE(cell.at<cv::Vec3b>(cell.rows - 2, 2), cv::Vec3b(0, 0, 200));
  const DrawnPerson person = {{0.5f, 0.25f, 0.75f, 0.75f}, 1, {}};
  const int left = static_cast<int>(std::lround(0.5f * cell.cols));
  const cv::Vec3b border = SheetCell(small, {person}, 0).at<cv::Vec3b>(cell.rows / 2, left);
  EXPECT_EQ(cv::Scalar(border[0], border[1], border[2]), TrackColour(1));
}

TEST(ContactSheetTest, EveryCellHasItsPlace) {
  std::vector<cv::Mat> cells;
  for (int i = 0; i < 5; ++i) cells.emplace_back(300, 400, CV_8UC3, cv::Scalar(0, 0, 50 + 40 * i));
  const cv::Mat sheet = ContactSheet(cells, "a title");
  for (int i = 0; i < 5; ++i) {
    cv::Mat found;
    cv::inRange(sheet, cv::Scalar(0, 0, 50 + 40 * i), cv::Scalar(0, 0, 50 + 40 * i), found);
    EXPECT_EQ(cv::countNonZero(found), 400 * 300) << i;
  }
  EXPECT_GT(sheet.cols, sheet.rows);
}

TEST(ContactSheetTest, WithoutCellsThereIsATitle) {
  const cv::Mat sheet = ContactSheet({}, std::string(300, 'm'));
  EXPECT_GT(sheet.rows, 10);
  EXPECT_GE(sheet.cols, 320);
}

}  // namespace
}  // namespace mrsn::experiments
