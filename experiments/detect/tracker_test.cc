#include "experiments/detect/tracker.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A person 0.1 wide and 0.3 high.
Box At(float x, float y = 0.5f) { return {x - 0.05f, y - 0.15f, x + 0.05f, y + 0.15f}; }

TEST(TrackerTest, NumbersStayWithPersonsInWhateverOrderBoxesCome) {
  Tracker tracker;
  EXPECT_THAT(tracker.Update(0, {At(0.2f), At(0.5f), At(0.8f)}), ElementsAre(1, 2, 3));
  EXPECT_THAT(tracker.Update(1, {At(0.81f), At(0.21f), At(0.49f)}), ElementsAre(3, 1, 2));
  EXPECT_THAT(tracker.Update(2, {}), IsEmpty());
  EXPECT_THAT(tracker.Update(3, {At(0.5f), At(0.82f)}), ElementsAre(2, 3));
}

// 0.15 a second is one and a half times the person's width: the boxes themselves do not touch.
TEST(TrackerTest, APersonMayLeaveTheOwnBox) {
  Tracker tracker;
  ASSERT_EQ(IntersectionOverUnion(At(0.1f), At(0.25f)), 0);
  for (int second = 0; second < 6; ++second) {
    EXPECT_THAT(tracker.Update(second, {At(0.1f + 0.15f * second)}), ElementsAre(1)) << second;
  }
  Tracker of_plain_boxes({0, 0, 0.1f, 3, 4});
  of_plain_boxes.Update(0, {At(0.1f)});
  EXPECT_THAT(of_plain_boxes.Update(1, {At(0.25f)}), ElementsAre(2));
}

// Two persons walk towards each other and change places; the nearest box alone would swap them.
TEST(TrackerTest, ConstantVelocityCarriesPersonsPastEachOther) {
  Tracker tracker;
  for (int step = 0; step < 8; ++step) {
    const float left = 0.3f + 0.05f * step, right = 0.65f - 0.05f * step;
    EXPECT_THAT(tracker.Update(step * 0.5, {At(left), At(right)}), ElementsAre(1, 2)) << step;
  }
}

TEST(TrackerTest, ATrackOutlivesAGapAndMovesOnInIt) {
  Tracker tracker;
  for (int second = 0; second < 3; ++second) tracker.Update(second, {At(0.1f + 0.1f * second)});
  tracker.Update(3, {});
  tracker.Update(4, {});
  EXPECT_THAT(tracker.Update(5, {At(0.6f)}), ElementsAre(1));
  tracker.Update(9, {});
  EXPECT_THAT(tracker.Update(9.5, {At(0.6f)}), ElementsAre(2));  // not seen for 4.5 seconds
}

TEST(TrackerTest, TheMostSimilarPairComesFirst) {
  Tracker tracker;
  tracker.Update(0, {At(0.5f), At(0.56f)});
  // The first box overlaps both tracks, and track 2 more.
  EXPECT_THAT(tracker.Update(1, {At(0.57f), At(0.45f)}), ElementsAre(2, 1));
}

TEST(TrackerTest, EqualBoxesAreTwoPersons) {
  Tracker tracker;
  EXPECT_THAT(tracker.Update(0, {At(0.5f), At(0.5f)}), ElementsAre(1, 2));
  EXPECT_THAT(tracker.Update(1, {At(0.5f), At(0.5f)}), ElementsAre(1, 2));
  EXPECT_THAT(tracker.Update(2, {At(0.5f), At(0.5f), At(0.5f)}), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace mrsn::experiments
