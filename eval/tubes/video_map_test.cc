// Against the values of the public evaluations of ACT and MOC on made-up detections.
#include "eval/tubes/video_map.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/random.h"

namespace mrsn::eval {
namespace {

using formats::BoxD;
using ::testing::HasSubstr;

constexpr int kFrames = 80;

// Quarters of a pixel are the same numbers in float, as the public code computes.
double Quarter(double x) { return std::floor(4 * x) / 4; }

struct Case {
  formats::RowBlock annotations, detections;
  void Annotate(int video, int class_id, int tube, int frame, const BoxD& box) {
    Add(annotations, video, class_id, frame, box, 1, tube);
  }
  void Detect(int video, int class_id, int frame, const BoxD& box, double score) {
    Add(detections, video, class_id, frame, box, score, 1);
  }
  static void Add(formats::RowBlock& block, int video, int class_id, int frame, const BoxD& box, double score,
                  int tube) {
    const int keyframe = block.keyframes.Find(absl::StrCat("v", video), frame);
    block.rows.push_back({box, score, static_cast<double>(tube), keyframe, class_id});
  }
};

// Eight videos of one or two moving persons. Detections begin and end some frames off, are placed more or
// less well, miss some frames, have weaker copies beside them, other classes in every second 20 frames, and
// false tubes: a short, a weak and a good-looking one.
Case MakeCase(uint64_t seed, double missing) {
  SplitMix64 random(seed);
  Case c;
  for (int v = 0; v < 8; ++v) {
    const int class_id = v % 3;
    for (int p = 0; p < 1 + v % 2; ++p) {
      const int first = random.Between(1, 20), last = random.Between(50, kFrames);
      const double x0 = random.Uniform(10, 60) + 130 * p, y0 = random.Uniform(10, 60);
      const double w = random.Uniform(40, 90), h = random.Uniform(60, 120);
      const double dx = random.Uniform(-0.5, 0.8), dy = random.Uniform(-0.3, 0.3);
      const int begin = std::max(1, first + random.Between(-10, 10));
      const int end = std::min(kFrames, last + random.Between(-10, 10));
      const double base = random.Uniform(0.3, 0.9), slop = random.Uniform(0.02, 0.25);
      for (int frame = 1; frame <= kFrames; ++frame) {
        const double x = x0 + dx * (frame - first), y = y0 + dy * (frame - first);
        if (first <= frame && frame <= last)
          c.Annotate(v, class_id, p, frame, {Quarter(x), Quarter(y), Quarter(x + w), Quarter(y + h)});
        if (frame < begin || frame > end || random.Chance(missing)) continue;
        const BoxD box = {Quarter(x + w * slop * random.Uniform(-1, 1)),
                          Quarter(y + h * slop * random.Uniform(-1, 1)),
                          Quarter(x + w + w * slop * random.Uniform(-1, 1)),
                          Quarter(y + h + h * slop * random.Uniform(-1, 1))};
        const double score = base + random.Uniform(-0.1, 0.1);
        c.Detect(v, class_id, frame, box, score);
        if (random.Chance(0.3)) {
          const double aside = Quarter(0.08 * w);
          c.Detect(v, class_id, frame, {box.x1 + aside, box.y1, box.x2 + aside, box.y2},
                   0.6 * score + 0.001 * random.Uniform());
        }
        if (frame / 20 % 2 == 0)
          c.Detect(v, (class_id + 1) % 3, frame, box, 0.5 * score + 0.001 * random.Uniform());
      }
    }
    for (int k = 0; k < 3; ++k) {
      const int first = random.Between(1, 40), length = k == 0 ? 10 : k == 1 ? 30 : 25;
      const double x = random.Uniform(10, 200), y = random.Uniform(130, 150);
      const int class_id_of_false = random.Between(0, 2);
      const double good = random.Uniform(0.2, 0.8);
      const double base = k == 0 ? 0.5 : k == 1 ? 0.004 : good;
      for (int frame = first; frame < first + length; ++frame) {
        c.Detect(v, class_id_of_false, frame, {Quarter(x), Quarter(y), Quarter(x + 50), Quarter(y + 60)},
                 base + 0.001 * random.Uniform());
      }
    }
  }
  return c;
}

VideoMapEvaluator Evaluator(const std::string& linking, int threads = 2) {
  VideoMapOptions options;
  options.classes = {{0, "c0", ""}, {1, "c1", ""}, {2, "c2", ""}, {3, "c3", ""}};
  options.linking = *LinkingOptionsOf(linking);
  options.num_threads = threads;
  return *VideoMapEvaluator::Create(options);
}

VideoMapResult Evaluate(const std::string& linking, const Case& c, int threads = 2) {
  VideoMapEvaluator evaluator = Evaluator(linking, threads);
  evaluator.AddGroundTruth(c.annotations);
  evaluator.AddDetections(c.detections);
  return *evaluator.Compute();
}

struct Published {
  std::string linking;
  uint64_t seed;
  double at_20, at_50, at_75, mean;  // percent
  int num_tubes;                     // before the suppression of tubes
};

class PublicCodeTest : public testing::TestWithParam<Published> {};

// Percentages that BuildTubes and videoAP print for these cases: MCG-NJU/MOC-Detector's src/ACT.py with K =
// 1, and the same with the rules of ACT's act-detector-scripts (suppression, thresholds, end of tubes).
TEST_P(PublicCodeTest, SameValues) {
  const Published& expected = GetParam();
  const VideoMapResult result =
      Evaluate(expected.linking, MakeCase(expected.seed, expected.linking == "moc" ? 0.01 : 0));
  ASSERT_EQ(result.thresholds.size(), 3);
  EXPECT_NEAR(100 * *result.thresholds[0].video_map, expected.at_20, 1e-5);
  EXPECT_NEAR(100 * *result.thresholds[1].video_map, expected.at_50, 1e-5);
  EXPECT_NEAR(100 * *result.thresholds[2].video_map, expected.at_75, 1e-5);
  EXPECT_NEAR(100 * *result.mean_50_95, expected.mean, 1e-5);
  int64_t linked = result.suppressed;
  for (int64_t tubes : result.num_tubes) linked += tubes;
  EXPECT_EQ(linked, expected.num_tubes);
}

INSTANTIATE_TEST_SUITE_P(
    All, PublicCodeTest,
    testing::Values(
        Published{"moc", 1, 40.5079345703125, 31.291667938232422, 10.0, 16.09583282470703, 33},
        Published{"moc", 2, 31.856647491455078, 28.962303161621094, 0.5000000596046448, 13.514683723449707,
                  27},
        Published{"moc", 8, 40.107322692871094, 28.73421859741211, 8.333333969116211, 14.10669231414795, 28},
        Published{"moc", 10, 55.8601188659668, 31.465280532836914, 0.0, 12.022916793823242, 30},
        Published{"act", 2, 58.561012268066406, 58.561012268066406, 9.81547737121582, 17.858186721801758, 29},
        Published{"act", 3, 51.270835876464844, 51.270835876464844, 6.909722328186035, 15.554862976074219,
                  37},
        Published{"act", 5, 62.599205017089844, 62.599205017089844, 1.0590277910232544, 15.661953926086426,
                  33},
        Published{"act", 10, 50.37036895751953, 45.21411895751953, 2.874999761581421, 14.009027481079102, 34},
        Published{"act", 12, 57.69469451904297, 57.69469451904297, 8.333333969116211, 22.133058547973633,
                  34}),
    [](const auto& info) { return absl::StrCat(info.param.linking, "_", info.param.seed); });

TEST(VideoMapTest, ThreadsAndBlocksChangeNothing) {
  const Case c = MakeCase(1, 0);
  const VideoMapResult one = Evaluate("act", c, 1), many = Evaluate("act", c, 5);
  EXPECT_EQ(ToJson(one), ToJson(many));
}

TEST(VideoMapTest, CountsAndTies) {
  VideoMapEvaluator evaluator = Evaluator("act");
  Case c;
  for (int frame = 1; frame <= 20; ++frame) {
    c.Annotate(0, 1, 0, frame, {0, 0, 9, 9});
    c.Annotate(0, 1, 1, frame, {100, 0, 109, 9});
    c.Detect(0, 1, frame, {0, 0, 9, 9}, 0.5);
    c.Detect(0, 1, frame, {0, 100, 9, 109}, 0.4);
    c.Detect(0, 1, frame, {100, 0, 109, 9}, 0.3);
  }
  evaluator.AddGroundTruth(c.annotations);
  evaluator.AddDetections(c.detections);
  const VideoMapResult result = *evaluator.Compute();
  // Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1, by trapezoids from (0, 1): 0.5 + 0.5 * (1/2 + 2/3) / 2.
  EXPECT_NEAR(*result.thresholds[1].per_class[1], 0.5 + 0.5 * (0.5 + 2.0 / 3) / 2, 1e-7);
  EXPECT_EQ(result.thresholds[1].per_class[0], 0);  // neither tubes nor detections
  EXPECT_EQ(result.thresholds[1].num_hits, 2);
  EXPECT_EQ(result.num_gt[1], 2);
  EXPECT_EQ(result.num_tubes[1], 3);
  EXPECT_EQ(result.num_videos, 1);
  EXPECT_THAT(ToText(result), HasSubstr("2 annotated and 3 linked tubes in 1 videos\n"));
  EXPECT_THAT(ToText(result), HasSubstr("video-mAP@0.5 19.7917 %, 2 of 2 tubes are found\n"));
  const auto json = nlohmann::json::parse(ToJson(result));
  EXPECT_NEAR(json["video_map"]["0.5:0.95"].get<double>(), 0.197917, 1e-6);
  EXPECT_NEAR(json["per_class"]["1"]["ap"]["0.75"].get<double>(), 0.791667, 1e-6);
  EXPECT_EQ(json["num_tubes"], 3);
}

TEST(VideoMapTest, UndefinedWithDetectionsOfAClassWithoutTubes) {
  VideoMapEvaluator evaluator = Evaluator("act");
  Case c;
  for (int frame = 1; frame <= 20; ++frame) c.Detect(0, 2, frame, {0, 0, 9, 9}, 0.5);
  evaluator.AddDetections(c.detections);
  const VideoMapResult result = *evaluator.Compute();
  EXPECT_FALSE(result.thresholds[0].video_map.has_value());
  EXPECT_FALSE(result.mean_50_95.has_value());
  EXPECT_TRUE(nlohmann::json::parse(ToJson(result))["video_map"]["0.5:0.95"].is_null());
}

TEST(VideoMapTest, BrokenTubesAndOptionsAreErrors) {
  VideoMapEvaluator evaluator = Evaluator("act");
  Case c;
  c.Annotate(3, 2, 7, 5, {0, 0, 9, 9});
  c.Annotate(3, 2, 7, 5, {1, 0, 9, 9});
  evaluator.AddGroundTruth(c.annotations);
  EXPECT_EQ(evaluator.Compute().status().message(), "tube 7 of v3, class 2 has two boxes in frame 5");
  VideoMapOptions options;
  EXPECT_FALSE(VideoMapEvaluator::Create(options).ok());
  options.classes = {{0, "c0", ""}};
  options.thresholds = {0};
  EXPECT_FALSE(VideoMapEvaluator::Create(options).ok());
}

}  // namespace
}  // namespace mrsn::eval
