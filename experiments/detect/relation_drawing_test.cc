#include "experiments/detect/relation_drawing.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

constexpr int kWidth = 640, kHeight = 480;

cv::Mat Grey() { return cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(100)); }

double Brightness(const cv::Mat& picture, const cv::Rect& place) {
  const cv::Scalar mean = cv::mean(picture(place));
  return mean[0] + mean[1] + mean[2];
}

// Two persons; the first one's heat lies in the upper right quarter.
DetectedKeyframe Keyframe() {
  DetectedKeyframe keyframe;
  keyframe.persons = {{{0.1f, 0.6f, 0.2f, 0.9f}, 0.9f, 1, {}}, {{0.7f, 0.6f, 0.8f, 0.9f}, 0.5f, 2, {}}};
  keyframe.persons[0].relations.context = {0, 0.5f, 0, 0};
  keyframe.persons[1].relations.context = {0, 0, 0.5f, 0};
  keyframe.persons[0].relations.persons = {0.25f, 0.75f};
  keyframe.persons[1].relations.persons = {0.04f, 0.96f};
  return keyframe;
}

std::vector<DrawnPerson> Shown(const DetectedKeyframe& keyframe) {
  std::vector<DrawnPerson> shown;
  for (const ScoredPerson& person : keyframe.persons) shown.push_back({person.box, person.track, {"stand"}});
  return shown;
}

int Pixels(const cv::Mat& picture, const cv::Rect& place, const cv::Scalar& colour) {
  cv::Mat found;
  cv::inRange(picture(place), colour, colour, found);
  return cv::countNonZero(found);
}

TEST(RelationDrawingTest, HeatIsThatOfTheMostCertainPerson) {
  cv::Mat picture = Grey();
  DrawRelations(Keyframe(), Shown(Keyframe()), &picture);
  const double hot = Brightness(picture, {600, 20, 20, 20}), cold = Brightness(picture, {20, 20, 20, 20});
  EXPECT_GT(hot, cold + 100);
  EXPECT_NEAR(Brightness(picture, {20, 440, 20, 20}), cold, 10);  // the other person's heat is not drawn
}

TEST(RelationDrawingTest, EqualWeightsAreDark) {
  DetectedKeyframe keyframe = Keyframe();
  cv::Mat one = Grey(), equal = Grey();
  DrawRelations(keyframe, Shown(keyframe), &one);
  keyframe.persons[0].relations.context = {0.25f, 0.25f, 0.25f, 0.25f};
  DrawRelations(keyframe, Shown(keyframe), &equal);
  const cv::Rect hot(600, 20, 20, 20);
  EXPECT_LT(Brightness(equal, hot) + 100, Brightness(one, hot));
}

TEST(RelationDrawingTest, ArrowsShowWeightsAboveALeastOne) {
  const cv::Rect between(140, 330, 290, 60);  // halfway between the boxes
  DetectedKeyframe keyframe = Keyframe();
  cv::Mat picture = Grey();
  DrawRelations(keyframe, Shown(keyframe), &picture);
  const int wide = Pixels(picture, between, TrackColour(1));
  EXPECT_GT(wide, 500);
  EXPECT_EQ(Pixels(picture, between, TrackColour(2)), 0);  // 0.04
  keyframe.persons[0].relations.persons = {0.8f, 0.2f};
  picture = Grey();
  DrawRelations(keyframe, Shown(keyframe), &picture);
  const int narrow = Pixels(picture, between, TrackColour(1));
  EXPECT_GT(narrow, 100);
  EXPECT_LT(narrow, wide);
}

TEST(RelationDrawingTest, SecondsAreBarsAtTheLowerEdge) {
  DetectedKeyframe keyframe = Keyframe();
  keyframe.persons[0].relations.seconds = {0.2f, 0, 0.8f, 0};
  keyframe.persons[0].relations.first_offset = -2;
  cv::Mat picture = Grey();
  DrawRelations(keyframe, Shown(keyframe), &picture);
  const auto bar = [&](int i) { return Pixels(picture, {160 * i, 440, 160, 40}, TrackColour(1)); };
  EXPECT_GT(bar(2), 3 * bar(0));
  EXPECT_GT(bar(0), 0);
  EXPECT_EQ(bar(1), 0);
  EXPECT_EQ(bar(3), 0);
}

TEST(RelationDrawingTest, WithoutRelationsThereAreBoxesOnly) {
  DetectedKeyframe keyframe;
  cv::Mat picture = Grey();
  DrawRelations(keyframe, {}, &picture);
  EXPECT_EQ(cv::norm(picture, Grey(), cv::NORM_INF), 0);
  keyframe.persons = {{{0.1f, 0.6f, 0.2f, 0.9f}, 0.9f, 1, {}}};
  DrawRelations(keyframe, Shown(keyframe), &picture);
  EXPECT_EQ(picture.at<cv::Vec3b>(100, 400), cv::Vec3b(100, 100, 100));
  EXPECT_GT(Pixels(picture, {0, 200, 200, 280}, TrackColour(1)), 0);
  // A track that is not shown at the moment, and weights of no square grid.
  keyframe = Keyframe();
  keyframe.persons[0].relations.context = {1, 2, 3};
  DrawRelations(keyframe, {}, &picture);
}

}  // namespace
}  // namespace mrsn::experiments
