#include "eval/tubes/linking.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using formats::BoxD;
using ::testing::HasSubstr;

const BoxD kBox = {0, 0, 9, 9};

BoxD Moved(double dx) { return {kBox.x1 + dx, kBox.y1, kBox.x2 + dx, kBox.y2}; }

// Frames first..last of one box.
std::vector<FrameBox> Frames(int first, int last, const BoxD& box, double score) {
  std::vector<FrameBox> boxes;
  for (int frame = first; frame <= last; ++frame) boxes.push_back({frame, box, score});
  return boxes;
}

std::vector<FrameBox> operator+(std::vector<FrameBox> a, const std::vector<FrameBox>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(LinkingTest, OneTubeInAnyOrderOfBoxes) {
  const LinkedTubes linked = LinkBoxes(Frames(20, 30, kBox, 0.5) + Frames(11, 19, kBox, 0.3), {});
  ASSERT_EQ(linked.tubes.size(), 1);
  EXPECT_EQ(linked.tubes[0].first_frame, 11);
  EXPECT_EQ(linked.tubes[0].last_frame(), 30);
  EXPECT_NEAR(linked.tubes[0].score, (11 * 0.5 + 9 * 0.3) / 20, 1e-12);
  EXPECT_EQ(linked.tubes[0].boxes[7], kBox);
  EXPECT_TRUE(LinkBoxes({}, {}).tubes.empty());
}

TEST(LinkingTest, ShortAndWeakTubesAreLeftOut) {
  const LinkedTubes linked = LinkBoxes(
      Frames(1, 14, kBox, 0.9) + Frames(1, 30, Moved(100), 0.009) + Frames(1, 15, Moved(200), 0.01), {});
  ASSERT_EQ(linked.tubes.size(), 1);
  EXPECT_EQ(linked.tubes[0].boxes[0], Moved(200));
  EXPECT_EQ(linked.too_short, 1);
  EXPECT_EQ(linked.low_score, 1);
}

TEST(LinkingTest, ATubeEndsAfterFiveFramesWithoutABox) {
  // Frames 11 to 14 are missing: 15 is the fifth after 10 and still continues the tube.
  const LinkedTubes one = LinkBoxes(Frames(1, 10, kBox, 0.5) + Frames(15, 30, Moved(4), 0.5), {});
  ASSERT_EQ(one.tubes.size(), 1);
  ASSERT_EQ(one.tubes[0].boxes.size(), 30);
  EXPECT_NEAR(one.tubes[0].boxes[11].x1, 4 * 2 / 5.0, 1e-6);  // frame 12, between 10 and 15
  EXPECT_EQ(one.tubes[0].score, 0.5);
  const LinkedTubes two = LinkBoxes(Frames(1, 15, kBox, 0.5) + Frames(21, 40, kBox, 0.6), {});
  ASSERT_EQ(two.tubes.size(), 2);
  EXPECT_EQ(two.tubes[0].first_frame, 21);
  LinkingOptions moc = *LinkingOptionsOf("moc");
  EXPECT_EQ(LinkBoxes(Frames(1, 20, kBox, 0.5) + Frames(22, 40, kBox, 0.6), moc).tubes.size(), 2);
}

TEST(LinkingTest, TheBestBoxThatOverlapsContinues) {
  // From frame 16 on two boxes overlap the last one: 10/10 and 7/13 (IoU 0.54); the better score wins.
  std::vector<FrameBox> boxes = Frames(1, 15, kBox, 0.5);
  LinkingOptions options;
  options.frame_nms = 1;
  options.tube_nms = 1;
  const LinkedTubes linked =
      LinkBoxes(boxes + Frames(16, 40, kBox, 0.4) + Frames(16, 40, Moved(3), 0.6), options);
  ASSERT_EQ(linked.tubes.size(), 2);
  EXPECT_EQ(linked.tubes[0].first_frame, 1);
  EXPECT_EQ(linked.tubes[0].boxes[20], Moved(3));
  EXPECT_EQ(linked.tubes[1].first_frame, 16);
  EXPECT_EQ(linked.tubes[1].boxes[10], kBox);
  // At IoU 0.55 the better one does not continue.
  options.link_overlap = 0.55;
  EXPECT_EQ(LinkBoxes(boxes + Frames(16, 40, kBox, 0.4) + Frames(16, 40, Moved(3), 0.6), options)
                .tubes[1]
                .boxes[20],
            kBox);
}

TEST(LinkingTest, TheBetterTubeChoosesFirst) {
  // Both tubes overlap the box of frame 21: that of mean score 0.7 takes it, though it began later.
  LinkingOptions options;
  options.frame_nms = options.tube_nms = 1;
  options.end_after = 1;
  options.link_overlap = 0.6;  // 8/12 with the box of frame 21, 6/14 with each other
  const LinkedTubes linked = LinkBoxes(
      Frames(1, 20, Moved(4), 0.5) + Frames(3, 20, kBox, 0.7) + std::vector<FrameBox>{{21, Moved(2), 0.1}},
      options);
  ASSERT_EQ(linked.tubes.size(), 2);
  EXPECT_EQ(linked.tubes[0].first_frame, 3);
  EXPECT_EQ(linked.tubes[0].last_frame(), 21);
  EXPECT_EQ(linked.tubes[1].last_frame(), 20);
}

TEST(LinkingTest, SuppressionInAFrame) {
  // IoU 9/11: the weaker box goes, or stays with 0.6 * (1 - 9/11) = 0.109.
  const std::vector<FrameBox> boxes = Frames(1, 20, kBox, 0.9) + Frames(1, 20, Moved(1), 0.6);
  LinkingOptions options;
  options.tube_nms = 1;
  EXPECT_EQ(LinkBoxes(boxes, options).tubes.size(), 1);
  options.soft_nms = true;
  const LinkedTubes soft = LinkBoxes(boxes, options);
  ASSERT_EQ(soft.tubes.size(), 2);
  EXPECT_NEAR(soft.tubes[1].score, 0.6 * (1 - 9.0 / 11), 1e-12);
  options.boxes_per_frame = 1;
  EXPECT_EQ(LinkBoxes(boxes, options).tubes.size(), 1);
  options.tube_nms = 0.3;
  options.boxes_per_frame = 10;
  EXPECT_EQ(LinkBoxes(boxes, options).suppressed, 1);
}

TEST(LinkingTest, OptionsOutOfRange) {
  EXPECT_THAT(std::string(LinkingOptionsOf("viterbi").status().message()), HasSubstr("there are act, moc"));
  LinkingOptions options;
  EXPECT_TRUE(Validate(options).ok());
  options.end_after = 0;
  EXPECT_THAT(std::string(Validate(options).message()), HasSubstr("end_after is 0"));
  options.end_after = 1;
  options.link_overlap = 1.5;
  EXPECT_THAT(std::string(Validate(options).message()), HasSubstr("link_overlap is 1.5"));
}

}  // namespace
}  // namespace mrsn::eval
