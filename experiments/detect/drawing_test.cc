#include "experiments/detect/drawing.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"

namespace mrsn::experiments {
namespace {

cv::Mat Grey(int width, int height) { return cv::Mat(height, width, CV_8UC3, cv::Scalar::all(100)); }

// The smallest rectangle with all pixels that are not Grey's.
cv::Rect Drawn(const cv::Mat& picture) {
  cv::Mat changed;
  cv::inRange(picture, cv::Scalar::all(100), cv::Scalar::all(100), changed);
  changed = 255 - changed;
  int left = picture.cols, top = picture.rows, right = -1, bottom = -1;
  for (int y = 0; y < changed.rows; ++y) {
    for (int x = 0; x < changed.cols; ++x) {
      if (changed.at<uint8_t>(y, x) == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  return right < 0 ? cv::Rect() : cv::Rect(left, top, right - left + 1, bottom - top + 1);
}

double Distance(const cv::Scalar& a, const cv::Scalar& b) { return cv::norm(a - b); }

TEST(DrawingTest, BoxesHaveTheColoursOfTheirTracks) {
  cv::Mat picture = Grey(320, 240);
  DrawPersons({{{0.25f, 0.25f, 0.5f, 0.75f}, 1, {}}, {{0.6f, 0.25f, 0.9f, 0.75f}, 2, {}}}, &picture);
  const auto at = [&](int x, int y) {
    const cv::Vec3b pixel = picture.at<cv::Vec3b>(y, x);
    return cv::Scalar(pixel[0], pixel[1], pixel[2]);
  };
  EXPECT_EQ(at(80, 100), TrackColour(1));
  EXPECT_EQ(at(120, 60), TrackColour(1));
  EXPECT_EQ(at(192, 100), TrackColour(2));
  EXPECT_EQ(at(100, 100), cv::Scalar(100, 100, 100));  // within the box
}

TEST(DrawingTest, ColoursOfNeighbouringTracksDiffer) {
  for (int track = 1; track <= 60; ++track) {
    EXPECT_EQ(TrackColour(track), TrackColour(track));
    for (int other = track + 1; other <= track + 6; ++other) {
      EXPECT_GT(Distance(TrackColour(track), TrackColour(other)), 50) << track << " " << other;
    }
  }
}

TEST(DrawingTest, PlatesStayInThePicture) {
  const Box corners[] = {{0, 0, 0.1f, 0.1f},
                         {0.9f, 0, 1, 0.2f},
                         {0, 0.9f, 0.2f, 1},
                         {0.95f, 0.95f, 1, 1},
                         {-0.5f, -0.5f, 1.5f, 1.5f}};
  for (const Box& box : corners) {
    cv::Mat with_box = Grey(320, 240), with_plate = Grey(320, 240);
    DrawPersons({{box, 3, {}}}, &with_box);
    DrawPersons({{box, 3, {"#3 stand 0.93", "talk to 0.61"}}}, &with_plate);
    // Two lines of letters, all of them: more pixels than the same plate cut off would have.
    cv::Mat difference;
    cv::absdiff(with_box, with_plate, difference);
    const int changed = cv::countNonZero(difference.reshape(1));
    const int whole = PlateSize("#3 stand 0.93", TextHeight(240)).area() * 2;
    EXPECT_GT(changed, whole * 3 * 0.8) << box.x1 << " " << box.y1;
  }
}

TEST(DrawingTest, PlatesDoNotCoverEachOther) {
  cv::Mat both = Grey(640, 480), first = Grey(640, 480), second = Grey(640, 480);
  const DrawnPerson a = {{0.3f, 0.5f, 0.5f, 0.9f}, 1, {"#1 stand 0.93"}};
  const DrawnPerson b = {{0.32f, 0.5f, 0.52f, 0.9f}, 2, {"#2 walk 0.88"}};
  DrawPersons({a, b}, &both);
  DrawPersons({a}, &first);
  // The first plate is whole in the picture of both: above its box.
  const cv::Size plate = PlateSize("#1 stand 0.93", TextHeight(480));
  const cv::Rect above(0.3 * 640, 0.5 * 480 - plate.height, plate.width, plate.height - 3);
  EXPECT_EQ(cv::norm(both(above), first(above), cv::NORM_INF), 0);
}

TEST(DrawingTest, TextGrowsWithThePicture) {
  EXPECT_EQ(TextHeight(144), 9);
  EXPECT_EQ(TextHeight(240), 9);
  EXPECT_EQ(TextHeight(1080), 27);
  EXPECT_EQ(TextHeight(2160), 54);
  EXPECT_GT(PlateSize("stand", 27).width, 2 * PlateSize("stand", 9).width);
}

TEST(DrawingTest, LongLinesAreCut) {
  cv::Mat picture = Grey(120, 90);
  DrawPersons({{{0.2f, 0.5f, 0.4f, 0.9f}, 1, {std::string(200, 'm')}}}, &picture);
  EXPECT_LE(Drawn(picture).br().x, 120);
  DrawPlate(std::string(200, 'm'), {10, 10}, 9, {0, 0, 0}, &picture);
}

TEST(DrawingTest, NobodyAndBrokenBoxesChangeLittle) {
  cv::Mat picture = Grey(64, 64);
  DrawPersons({}, &picture);
  EXPECT_EQ(Drawn(picture), cv::Rect());
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  DrawPersons({{{kNan, 0, 2, kNan}, 1, {"#1"}}, {{0.5f, 0.5f, 0.5f, 0.5f}, 2, {"#2"}}}, &picture);
  EXPECT_FALSE(Drawn(picture).empty());
}

TEST(DrawingTest, NamesLoseExamplesAndBrackets) {
  EXPECT_EQ(ShortActionName("talk to (e.g., self, a person, a group)"), "talk to");
  EXPECT_EQ(ShortActionName("carry/hold (an object)"), "carry/hold an object");
  EXPECT_EQ(ShortActionName("give/serve (an object) to (a person)"), "give/serve an object to a person");
  EXPECT_EQ(ShortActionName("watch (e.g., TV)"), "watch");
  EXPECT_EQ(ShortActionName("caf\xC3\xA9"), "caf??");
  EXPECT_EQ(ShortActionName("open (e.g."), "open");
}

}  // namespace
}  // namespace mrsn::experiments
