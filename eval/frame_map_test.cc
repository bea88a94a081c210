#include "eval/frame_map.h"

#include <cmath>
#include <limits>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

FrameMapEvaluator Make(Protocol protocol, std::vector<formats::ActionClass> classes = {
                                              {1, "sit", "pose"}, {7, "read", "person-object"}}) {
  FrameMapOptions options;
  options.protocol = protocol;
  options.classes = std::move(classes);
  return *FrameMapEvaluator::Create(options);
}

constexpr formats::BoxD kLeft = {0.0, 0.0, 0.4, 1.0}, kRight = {0.6, 0.0, 1.0, 1.0};

TEST(FrameMapTest, OneHitOfTwoAndAClassWithoutGroundTruth) {
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kRight, 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.9).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 7, 0.8).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 5, 0.8).ok());  // not in the list
  const FrameMapResult result = evaluator.Compute();
  EXPECT_EQ(result.frame_map, 0.5);  // over class 1 alone
  EXPECT_EQ(result.per_class[0].ap, 0.5);
  EXPECT_EQ(result.per_class[0].num_tp, 1);
  EXPECT_FALSE(result.per_class[1].ap.has_value());
  EXPECT_EQ(result.per_class[1].num_fp, 1);
  EXPECT_EQ(result.num_gt, 2);
  EXPECT_EQ(result.num_detections, 2);
  EXPECT_EQ(result.num_keyframes, 1);
  EXPECT_EQ(result.dropped.other_class_detections, 1);
  ASSERT_EQ(result.by_kind.size(), 2);
  EXPECT_EQ(result.by_kind[0].mean_ap, 0.5);
  EXPECT_FALSE(result.by_kind[1].mean_ap.has_value());
}

TEST(FrameMapTest, WithoutGroundTruthUndefined) {
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.9).ok());
  EXPECT_FALSE(evaluator.Compute().frame_map.has_value());
  EXPECT_FALSE(evaluator.Compute().tie_interval.has_value());
}

TEST(FrameMapTest, CapKeepsTheBestRowsOfAllClasses) {
  // 50 rows of class 7 at 0.9 .. and one of class 1 at 0.1 on the only true box.
  for (const auto& [protocol, ap] : {std::pair{Protocol::kOfficial2019, 0.0},
                                     {Protocol::kOfficial2018, 1.0},
                                     {Protocol::kAcar, 0.0},
                                     {Protocol::kPySlowFast, 1.0}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.1).ok());
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kRight, 7, 0.9).ok());
    EXPECT_EQ(evaluator.Compute().per_class[0].ap, ap) << ProtocolName(protocol);
  }
}

TEST(FrameMapTest, AtTheCapTheRowReadFirstStaysAndTheLeastTupleGoes) {
  // 50 equal scores of class 7, then one more with that score: not kept.
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kRight, 7, 0.5).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.5).ok());
  EXPECT_EQ(evaluator.Compute().per_class[0].num_detections, 0);
  // Read first it is kept; but a better row drives out the least (score, class, ...): class 1.
  FrameMapEvaluator first = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(first.AddDetection({"a", 902}, kLeft, 1, 0.5).ok());
  for (int i = 0; i < 49; ++i) ASSERT_TRUE(first.AddDetection({"a", 902}, kRight, 7, 0.5).ok());
  EXPECT_EQ(first.Compute().per_class[0].num_detections, 1);
  ASSERT_TRUE(first.AddDetection({"a", 902}, kRight, 7, 0.6).ok());
  EXPECT_EQ(first.Compute().per_class[0].num_detections, 0);
  EXPECT_EQ(first.Compute().dropped.over_cap_detections, 1);
}

TEST(FrameMapTest, KeyframesWithoutGroundTruth) {
  // A hit at 0.5 and a detection at 0.9 on a keyframe nobody annotated.
  for (const auto& [protocol, ap] : {std::pair{Protocol::kOfficial2018, 0.5},
                                     {Protocol::kOfficial2019, 0.5},
                                     {Protocol::kOfficial2020, 1.0},
                                     {Protocol::kMmaction2, 1.0}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.5).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 903}, kLeft, 1, 0.9).ok());
    EXPECT_EQ(evaluator.Compute().frame_map, ap) << ProtocolName(protocol);
    // 2020: unless the ground truth lists the keyframe, though nobody is on it.
    evaluator.AddEmptyKeyframe({"a", 903});
    if (protocol == Protocol::kOfficial2020) {
      EXPECT_EQ(evaluator.Compute().frame_map, 0.5);
      EXPECT_EQ(evaluator.Compute().num_keyframes, 2);
    }
  }
}

TEST(FrameMapTest, ExcludedKeyframesLeaveBothSidesExceptIn2020) {
  for (const auto& [protocol, ap] : {std::pair{Protocol::kOfficial2018, 1.0},
                                     {Protocol::kOfficial2019, 1.0},
                                     {Protocol::kAcar, 1.0},
                                     {Protocol::kOfficial2020, 0.25}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    evaluator.ExcludeKeyframe({"a", 903});
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 903}, kLeft, 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 903}, kRight, 1, 0.9).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, 0.5).ok());
    EXPECT_EQ(evaluator.Compute().frame_map, ap) << ProtocolName(protocol);
  }
}

TEST(FrameMapTest, ATakenBoxHasNoSecondChoiceExceptInAct) {
  // Both detections prefer the first box; the second one also overlaps the second box by more than 1/2.
  const formats::BoxD first = {0, 0, 99, 99}, second = {20, 0, 119, 99}, between = {9, 0, 108, 99};
  for (const auto& [protocol, hits] :
       {std::pair{Protocol::kYowo, 1}, {Protocol::kVoc, 1}, {Protocol::kVoc11, 1}, {Protocol::kAct, 2}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 1}, first, 1).ok());
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 1}, second, 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 1}, first, 1, 0.9).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 1}, between, 1, 0.8).ok());
    EXPECT_EQ(evaluator.Compute().per_class[0].num_tp, hits) << ProtocolName(protocol);
  }
}

TEST(FrameMapTest, TheExtraPixelDecides) {
  // With the extra pixel 11 of 22 columns: exactly 1/2; without it 10 of 21.
  for (const auto& [protocol, hits] :
       {std::pair{Protocol::kYowo, 1}, {Protocol::kVoc11, 1}, {Protocol::kAct, 1}, {Protocol::kVoc, 0}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    ASSERT_TRUE(evaluator.AddGroundTruth({"a", 1}, {0, 0, 21, 10}, 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"a", 1}, {0, 0, 10, 10}, 1, 0.9).ok());
    EXPECT_EQ(evaluator.Compute().per_class[0].num_tp, hits) << ProtocolName(protocol);
  }
}

TEST(FrameMapTest, InvalidAndWorthlessDetections) {
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2018);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, kLeft, 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, {0.4, 0, 0.4, 1}, 1, 0.9).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, -10).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, kLeft, 1, -9.9).ok());
  const FrameMapResult result = evaluator.Compute();
  EXPECT_EQ(result.dropped.invalid_detections, 1);
  EXPECT_EQ(result.dropped.low_score_detections, 1);
  EXPECT_EQ(result.frame_map, 1.0);
}

TEST(FrameMapTest, ZeroAreaGroundTruthCountsAndCannotBeHit) {
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, {0.2, 0.2, 0.2, 0.8}, 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 903}, kLeft, 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, {0.1, 0.2, 0.3, 0.8}, 1, 0.9).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 903}, kLeft, 1, 0.8).ok());
  EXPECT_EQ(evaluator.Compute().frame_map, 0.25);  // precision 1/2 at recall 1/2
}

TEST(FrameMapTest, EqualOverlapFollowsTheProtocolsOrder) {
  // The detection overlaps both boxes alike (2/3). 2018 takes the one in the file first; 2019 the larger
  // person id. The next detection overlaps only the second box, so it tells which one was taken.
  for (const auto& [protocol, hits] :
       {std::pair{Protocol::kOfficial2018, 2}, {Protocol::kOfficial2019, 1}, {Protocol::kMmaction2, 1}}) {
    FrameMapEvaluator evaluator = Make(protocol);
    // Halves and quarters, exact in binary, so that the overlaps are equal to the last bit.
    const formats::BoxD a = {0, 0, 1, 0.75}, b = {0, 0.25, 1, 1}, middle = {0, 0.125, 1, 0.875};
    ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, a, 1, 3).ok());
    ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, b, 1, 8).ok());
    ASSERT_TRUE(evaluator.AddDetection({"v", 902}, middle, 1, 0.9).ok());
    ASSERT_TRUE(evaluator.AddDetection({"v", 902}, b, 1, 0.8).ok());
    EXPECT_EQ(evaluator.Compute().per_class[0].num_tp, hits) << ProtocolName(protocol);
  }
}

TEST(FrameMapTest, TiesHaveAnInterval) {
  // Scores equal on three keyframes: hit on "b", misses on "a" and "c"; one box.
  // Documented order: by video name, so the hit is second: 1/2. First: 1, last: 1/3.
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  ASSERT_TRUE(evaluator.AddGroundTruth({"b", 902}, kLeft, 1).ok());
  for (const char* video : {"c", "b", "a"}) {
    ASSERT_TRUE(evaluator.AddDetection({video, 902}, kLeft, 1, 0.5).ok());
  }
  const FrameMapResult result = evaluator.Compute();
  EXPECT_EQ(result.frame_map, 0.5);
  EXPECT_EQ(result.tie_interval->first, 1.0 / 3);
  EXPECT_EQ(result.tie_interval->second, 1.0);
  EXPECT_EQ(result.per_class[0].num_tied, 3);
}

TEST(FrameMapTest, ActCountsEveryClassOfTheList) {
  FrameMapEvaluator evaluator = Make(Protocol::kAct);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 1}, {0, 0, 9, 9}, 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 1}, {0, 0, 9, 9}, 1, 0.9).ok());
  EXPECT_EQ(evaluator.Compute().frame_map, 0.5);  // class 7: nothing at all, 0
  ASSERT_TRUE(evaluator.AddDetection({"a", 1}, {0, 0, 9, 9}, 7, 0.9).ok());
  EXPECT_FALSE(evaluator.Compute().frame_map.has_value());
}

TEST(FrameMapTest, MergedEqualsSingleExactly) {
  for (Protocol protocol : {Protocol::kOfficial2018, Protocol::kOfficial2019, Protocol::kOfficial2020,
                            Protocol::kMmaction2, Protocol::kYowo, Protocol::kAct, Protocol::kVoc11}) {
    std::mt19937 random(7);
    FrameMapEvaluator single = Make(protocol);
    std::vector<FrameMapEvaluator> shards(3, single);
    const auto box = [&] {
      const double x = random() % 20, y = random() % 20;
      return formats::BoxD{x, y, x + 10 + random() % 30, y + 10 + random() % 30};
    };
    for (int frame = 0; frame < 300; ++frame) {
      const Keyframe keyframe = {std::string(1, 'a' + frame * 7 % 11), 902 + frame % 40};
      FrameMapEvaluator& shard = shards[(keyframe.video[0] + keyframe.timestamp.Floor()) % 3];
      for (int i = random() % 4; i > 0; --i) {
        const formats::BoxD b = box();
        const int class_id = random() % 2 ? 1 : 7, person = random() % 5;
        ASSERT_TRUE(single.AddGroundTruth(keyframe, b, class_id, person).ok());
        ASSERT_TRUE(shard.AddGroundTruth(keyframe, b, class_id, person).ok());
      }
      for (int i = random() % 90; i > 0; --i) {
        const formats::BoxD b = box();
        const int class_id = random() % 3 ? 1 : 7;
        const double score = random() % 50 / 50.0;  // many ties
        ASSERT_TRUE(single.AddDetection(keyframe, b, class_id, score).ok());
        ASSERT_TRUE(shard.AddDetection(keyframe, b, class_id, score).ok());
      }
      if (frame % 29 == 0) {
        single.ExcludeKeyframe(keyframe);
        shard.ExcludeKeyframe(keyframe);
      }
    }
    FrameMapEvaluator merged = Make(protocol);
    for (int i : {2, 0, 1}) ASSERT_TRUE(merged.Merge(shards[i]).ok());
    const FrameMapResult expected = single.Compute(), actual = merged.Compute();
    EXPECT_GT(*expected.frame_map, 0.01);
    EXPECT_EQ(actual.frame_map, expected.frame_map) << ProtocolName(protocol);
    EXPECT_EQ(actual.tie_interval, expected.tie_interval);
    EXPECT_LT(expected.tie_interval->first, expected.tie_interval->second);
    EXPECT_EQ(actual.num_keyframes, expected.num_keyframes);
    for (size_t c = 0; c < expected.per_class.size(); ++c) {
      EXPECT_EQ(actual.per_class[c].ap, expected.per_class[c].ap);
      EXPECT_EQ(actual.per_class[c].num_tp, expected.per_class[c].num_tp);
      EXPECT_EQ(actual.per_class[c].num_detections, expected.per_class[c].num_detections);
    }
  }
}

TEST(FrameMapTest, ThreadsDoNotChangeTheResult) {
  std::vector<FrameMapResult> results;
  for (int threads : {1, 2, 5}) {
    FrameMapOptions options;
    options.classes = {{1, "sit", ""}};
    options.num_threads = threads;
    FrameMapEvaluator evaluator = *FrameMapEvaluator::Create(options);
    std::mt19937 random(3);
    for (int i = 0; i < 2000; ++i) {
      const Keyframe keyframe = {"v", 902 + static_cast<int>(random() % 100)};
      const double x = random() % 8 / 16.0;
      if (i % 5 == 0) {
        ASSERT_TRUE(evaluator.AddGroundTruth(keyframe, {x, 0, x + 0.5, 1}, 1).ok());
      }
      ASSERT_TRUE(evaluator.AddDetection(keyframe, {x, 0, x + 0.5, 1}, 1, random() % 20 / 20.0).ok());
    }
    results.push_back(evaluator.Compute());
  }
  EXPECT_EQ(results[0].frame_map, results[1].frame_map);
  EXPECT_EQ(results[0].frame_map, results[2].frame_map);
}

TEST(FrameMapTest, RefusesWhatCannotBeEvaluated) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  FrameMapEvaluator evaluator = Make(Protocol::kOfficial2019);
  const absl::Status inverted = evaluator.AddGroundTruth({"vid", 903}, {0.5, 0, 0.4, 1}, 1);
  EXPECT_THAT(std::string(inverted.message()), HasSubstr("vid,903: box 0.5,0,0.4,1 has x2 < x1"));
  EXPECT_FALSE(evaluator.AddGroundTruth({"vid", 903}, {nan, 0, 0.4, 1}, 1).ok());
  EXPECT_FALSE(evaluator.AddDetection({"vid", 903}, {0, 0, INFINITY, 1}, 1, 0.5).ok());
  EXPECT_FALSE(evaluator.AddDetection({"vid", 903}, kLeft, 1, nan).ok());
  EXPECT_FALSE(FrameMapEvaluator::Create({}).ok());
  FrameMapOptions twice;
  twice.classes = {{1, "a", ""}, {1, "b", ""}};
  EXPECT_FALSE(FrameMapEvaluator::Create(twice).ok());
  twice.classes = {{1, "a", ""}};
  twice.iou_threshold = 0;
  EXPECT_FALSE(FrameMapEvaluator::Create(twice).ok());
  FrameMapEvaluator other = Make(Protocol::kAcar);
  EXPECT_THAT(std::string(evaluator.Merge(other).message()), HasSubstr("acar"));
}

// One person at second 904 and one at 904.5, each found: AP 1, and 1/2 without the first detection.
TEST(FrameMapTest, FractionsOfASecondAreKeyframesOfTheirOwn) {
  const formats::BoxD box = {0.1, 0.1, 0.6, 0.9};
  const Keyframe whole = {"v", 904}, half = {"v", Timestamp::Nearest(904.5)};
  FrameMapOptions options;
  options.protocol = Protocol::kOfficial2020;
  options.classes = {{12, "stand", "pose"}};
  FrameMapEvaluator evaluator = *FrameMapEvaluator::Create(options);
  for (const Keyframe& keyframe : {whole, half})
    ASSERT_TRUE(evaluator.AddGroundTruth(keyframe, box, 12).ok());
  ASSERT_TRUE(evaluator.AddDetection(half, box, 12, 0.9).ok());
  EXPECT_DOUBLE_EQ(*evaluator.Compute().frame_map, 0.5);
  ASSERT_TRUE(evaluator.AddDetection(whole, box, 12, 0.8).ok());
  EXPECT_DOUBLE_EQ(*evaluator.Compute().frame_map, 1);
  options.protocol = Protocol::kOfficial2019;
  FrameMapEvaluator cutting = *FrameMapEvaluator::Create(options);
  EXPECT_EQ(cutting.AddGroundTruth(half, box, 12).message(),
            "keyframe v,904.5: protocol official_2019 has whole seconds only, official_2020 has fractions");
  EXPECT_FALSE(cutting.AddDetection(half, box, 12, 0.5).ok());
  EXPECT_TRUE(cutting.AddDetection(whole, box, 12, 0.5).ok());
}

}  // namespace
}  // namespace mrsn::eval
