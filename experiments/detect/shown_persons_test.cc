#include "experiments/detect/shown_persons.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<datasets::ActionClass> Classes() {
  return {{1, "stand", ""}, {2, "walk", ""}, {3, "hidden", "", false}, {4, "carry/hold (an object)", ""}};
}

ScoredPerson Person(int track, float x, std::vector<float> scores = {0.5f, 0, 0, 0}) {
  return {{x, 0, x + 0.25f, 1}, 1, track, std::move(scores)};
}

TEST(ShownPersonTest, SaysTheMostProbableActions) {
  const auto lines = [](std::vector<float> scores, ShownOptions options = {}) {
    return ShownPerson(Person(7, 0, std::move(scores)), Classes(), options).lines;
  };
  EXPECT_THAT(lines({0.5f, 0.875f, 1, 0.4f}),
              ElementsAre("#7 walk 0.88", "stand 0.50", "carry/hold an object 0.40"));
  EXPECT_THAT(lines({0.5f, 0.875f, 1, 0.4f}, {2, 0.3f}), ElementsAre("#7 walk 0.88", "stand 0.50"));
  EXPECT_THAT(lines({0.5f, 0.2f, 1, 0.29f}), ElementsAre("#7 stand 0.50"));
  EXPECT_THAT(lines({0, 0, 1, 0}), ElementsAre("#7"));
}

TEST(ShownPersonsTest, TracksMoveBetweenKeyFrames) {
  DetectedVideo video;
  video.keyframes = {{0, 0, {Person(1, 0), Person(2, 0.5f)}},
                     {2, 50, {Person(3, 0.75f), Person(1, 0.5f, {0, 0.75f, 0, 0})}}};
  const std::vector<datasets::ActionClass> classes = Classes();
  ShownPersons shown(video, classes, {});
  const auto tracks_and_places = [&](double seconds) {
    std::vector<std::pair<int, float>> found;
    for (const DrawnPerson& person : shown.At(seconds)) found.emplace_back(person.track, person.box.x1);
    return found;
  };
  EXPECT_THAT(tracks_and_places(0), ElementsAre(std::pair(1, 0.0f), std::pair(2, 0.5f)));
  EXPECT_THAT(tracks_and_places(0.5), ElementsAre(std::pair(1, 0.125f), std::pair(2, 0.5f)));
  EXPECT_THAT(tracks_and_places(1.5), ElementsAre(std::pair(3, 0.75f), std::pair(1, 0.375f)));
  EXPECT_EQ(shown.At(1.5)[1].lines[0], "#1 walk 0.75");  // of the nearer key frame
  EXPECT_EQ(shown.nearest(), &video.keyframes[1]);
  EXPECT_THAT(tracks_and_places(2), ElementsAre(std::pair(3, 0.75f), std::pair(1, 0.5f)));
  EXPECT_THAT(tracks_and_places(2.7), ElementsAre(std::pair(3, 0.75f), std::pair(1, 0.5f)));
}

TEST(ShownPersonsTest, TracksGoOnWhereOneKeyFrameLacksThem) {
  DetectedVideo video;
  video.keyframes = {{0, 0, {Person(1, 0.25f)}},
                     {1, 25, {Person(1, 0.5f)}},
                     {2, 50, {}},
                     {3, 75, {Person(2, 0.5f)}},
                     {4, 100, {Person(2, 0.25f)}}};
  const std::vector<datasets::ActionClass> classes = Classes();
  ShownPersons shown(video, classes, {});
  EXPECT_FLOAT_EQ(shown.At(1.25).at(0).box.x1, 0.5625f);  // a quarter a second to the right
  EXPECT_THAT(shown.At(1.75), IsEmpty());
  EXPECT_FLOAT_EQ(shown.At(2.75).at(0).box.x1, 0.5625f);  // before: a quarter a second to the left
  EXPECT_FLOAT_EQ(shown.At(3.5).at(0).box.x1, 0.375f);
}

TEST(ShownPersonsTest, AVideoWithoutKeyFramesShowsNobody) {
  const DetectedVideo video;
  const std::vector<datasets::ActionClass> classes = Classes();
  EXPECT_THAT(ShownPersons(video, classes, {}).At(0), IsEmpty());
}

}  // namespace
}  // namespace mrsn::experiments
