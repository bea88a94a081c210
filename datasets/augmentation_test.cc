#include "datasets/augmentation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"

namespace mrsn::datasets {
namespace {

TransformOptions Options(Augmentation augmentation) {
  TransformOptions options;
  options.augmentation = augmentation;
  return options;
}

constexpr Augmentation kAll[] = {Augmentation::kNoneOrFlip, Augmentation::kPySlowFast, Augmentation::kAcar,
                                 Augmentation::kAlphAction};
constexpr FrameSize kSizes[] = {{320, 240}, {240, 320}, {640, 272}, {256, 256}};

// A clip's frame that shows a white rectangle on black, its flow, which is not zero in the rectangle only,
// and the rectangle as actor, tubelet and object.
struct Scene {
  cv::Mat frame, flow;
  Sample sample;
};

Scene MakeScene(FrameSize size, const cv::Rect& rectangle) {
  Scene scene;
  scene.frame = cv::Mat::zeros(size.height, size.width, CV_8UC3);
  cv::rectangle(scene.frame, rectangle, cv::Scalar(255, 255, 255), cv::FILLED);
  scene.flow = cv::Mat::zeros(size.height, size.width, CV_32FC2);
  cv::rectangle(scene.flow, rectangle, cv::Scalar(0.5, -0.25), cv::FILLED);
  const float width = size.width, height = size.height;
  const Box box = {rectangle.x / width, rectangle.y / height, rectangle.br().x / width,
                   rectangle.br().y / height};
  Actor actor;
  actor.box = box;
  actor.tubelet = {box, box};
  scene.sample.actors = {actor};
  scene.sample.objects = {box};
  return scene;
}

// The box around the pixels that are true; all zero without any.
Box Found(const cv::Mat& pixels) {
  std::vector<cv::Point> points;
  cv::findNonZero(pixels, points);
  if (points.empty()) return {};
  const cv::Rect around = cv::boundingRect(points);
  const float width = pixels.cols, height = pixels.rows;
  return {around.x / width, around.y / height, around.br().x / width, around.br().y / height};
}

// Whether edges are at most one pixel apart.
::testing::AssertionResult Near(const Box& found, const Box& box, FrameSize size) {
  const double apart =
      std::max({std::abs(found.x1 - box.x1) * size.width, std::abs(found.x2 - box.x2) * size.width,
                std::abs(found.y1 - box.y1) * size.height, std::abs(found.y2 - box.y2) * size.height});
  if (apart <= 1.01) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "pixels at " << found.x1 << " " << found.y1 << " " << found.x2 << " " << found.y2 << ", box at "
         << box.x1 << " " << box.y1 << " " << box.x2 << " " << box.y2;
}

class EveryAugmentation : public ::testing::TestWithParam<Augmentation> {};

TEST_P(EveryAugmentation, BoxesTubeletsObjectsAndFlowStayOnTheirPixels) {
  TransformOptions options = Options(GetParam());
  options.pyslowfast.colour_jitter = 0.4f;
  options.pyslowfast.pca_jitter = 0.1f;
  int cut_away = 0, flips = 0, cases = 0;
  for (const FrameSize& size : kSizes) {
    for (int i = 0; i < 60; ++i) {
      const uint64_t seed = cases;
      SplitMix64 place(1000 + seed), random(seed);
      const int width = place.Between(30, 90), height = place.Between(30, 90);
      Scene scene = MakeScene(size, {place.Between(0, size.width - width),
                                     place.Between(0, size.height - height), width, height});
      const ClipPlan plan = PlanClip(options, Usage::kTrain, size, &random);
      const Box before = scene.sample.actors[0].box;
      MoveBoxes(options, Usage::kTrain, plan.geometry, &random, &scene.sample);
      const cv::Mat frame = ChangeColours(TransformFrame(scene.frame, plan.geometry), plan.colours);
      ASSERT_EQ(frame.cols, plan.geometry.size.width);
      ASSERT_EQ(frame.rows, plan.geometry.size.height);
      ASSERT_EQ(scene.sample.actors.size(), 1);
      ++cases;
      flips += plan.geometry.flip;
      const Box moved = MoveBox(before, plan.geometry);
      for (const Box& box : scene.sample.actors[0].tubelet) EXPECT_EQ(box, moved);
      if (!moved.Valid()) {
        EXPECT_TRUE(scene.sample.objects.empty());
        ++cut_away;
        continue;
      }
      ASSERT_EQ(scene.sample.objects.size(), 1);
      EXPECT_EQ(scene.sample.objects[0], moved);
      const float pixel = 1.5f / std::min(plan.geometry.size.width, plan.geometry.size.height);
      if (moved.x2 - moved.x1 < pixel || moved.y2 - moved.y1 < pixel)
        continue;  // may have faded at the border

      cv::Mat gray;
      cv::cvtColor(frame, gray, cv::COLOR_RGB2GRAY);
      double low, high;
      cv::minMaxLoc(gray, &low, &high);
      EXPECT_TRUE(Near(Found(gray > (low + high) / 2), moved, plan.geometry.size))
          << size.width << "x" << size.height << " seed " << seed;

      const FlowStack flow = TransformFlow({scene.flow}, plan.geometry);
      auto values = flow.values;
      const cv::Mat x(flow.height, flow.width, CV_32F, values.data());
      const cv::Mat y(flow.height, flow.width, CV_32F, values.data() + flow.height * flow.width);
      EXPECT_TRUE(Near(Found(plan.geometry.flip ? x < -0.25f : x > 0.25f), moved, plan.geometry.size));
      EXPECT_TRUE(Near(Found(y < -0.125f), moved, plan.geometry.size));
    }
  }
  EXPECT_NEAR(flips, cases / 2, 31);  // four standard deviations of 240 draws
  EXPECT_EQ(cut_away > 0, GetParam() == Augmentation::kPySlowFast);
}

TEST_P(EveryAugmentation, TheSeedDecidesAll) {
  TransformOptions options = Options(GetParam());
  options.pyslowfast.colour_jitter = 0.4f;
  const Scene scene = MakeScene({320, 240}, {100, 80, 60, 70});
  const auto draw = [&](uint64_t seed) {
    SplitMix64 random(seed);
    Sample sample = scene.sample;
    const ClipPlan plan = PlanClip(options, Usage::kTrain, {320, 240}, &random);
    MoveBoxes(options, Usage::kTrain, plan.geometry, &random, &sample);
    const cv::Mat frame = ChangeColours(TransformFrame(scene.frame, plan.geometry), plan.colours).clone();
    const Box& box = sample.actors[0].box;
    return std::make_pair(std::vector<uint8_t>(frame.datastart, frame.dataend),
                          std::vector<float>{box.x1, box.y1, box.x2, box.y2});
  };
  std::set<decltype(draw(0))> different;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    EXPECT_EQ(draw(seed), draw(seed));
    different.insert(draw(seed));
  }
  EXPECT_EQ(different.size(), GetParam() == Augmentation::kNoneOrFlip ? 2 : 12);
}

TEST_P(EveryAugmentation, InferenceDrawsNothing) {
  const TransformOptions options = Options(GetParam());
  for (const FrameSize& size : kSizes) {
    Scene scene = MakeScene(size, {100, 80, 60, 70});
    const Box before = scene.sample.actors[0].box;
    SplitMix64 random(3), untouched(3);
    const ClipPlan plan = PlanClip(options, Usage::kInference, size, &random);
    MoveBoxes(options, Usage::kInference, plan.geometry, &random, &scene.sample);
    EXPECT_EQ(random.Next(), untouched.Next());
    EXPECT_FALSE(plan.geometry.flip);
    EXPECT_EQ(plan.geometry.size.width, plan.geometry.scaled.width);
    EXPECT_EQ(ChangeColours(scene.frame, plan.colours).data, scene.frame.data);
    EXPECT_EQ(scene.sample.objects[0], before);
    const Actor& actor = scene.sample.actors[0];
    EXPECT_EQ(actor.reported.value_or(actor.box), before);
    EXPECT_EQ(actor.reported.has_value(), GetParam() == Augmentation::kAlphAction);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Augmentation>& info) {
  const char* const names[] = {"NoneOrFlip", "PySlowFast", "Acar", "AlphAction"};
  return names[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Augmentations, EveryAugmentation, ::testing::ValuesIn(kAll), NameOf);

TEST(PlanTest, ColoursChangeWhereTheFrameworkChangesThem) {
  TransformOptions jittered = Options(Augmentation::kPySlowFast);
  jittered.pyslowfast.colour_jitter = 0.4f;
  jittered.pyslowfast.pca_jitter = 0.1f;
  const auto colours = [](const TransformOptions& options, Usage usage = Usage::kTrain) {
    SplitMix64 random(1);
    return PlanClip(options, usage, {320, 240}, &random).colours;
  };
  const auto shifts = [](const ColourChange& change) {
    return std::abs(change.hue) + std::abs(change.saturation) + std::abs(change.value);
  };
  EXPECT_GT(shifts(colours(Options(Augmentation::kAlphAction))), 0);
  EXPECT_EQ(shifts(colours(Options(Augmentation::kAlphAction), Usage::kInference)), 0);
  EXPECT_EQ(colours(jittered).blends.size(), 3);
  EXPECT_NE(colours(jittered).added[0], 0);
  EXPECT_TRUE(colours(jittered, Usage::kInference).blends.empty());
  EXPECT_TRUE(colours(Options(Augmentation::kPySlowFast)).blends.empty());
  EXPECT_EQ(shifts(colours(Options(Augmentation::kAcar))), 0);
}

// 1/s is uniform in [1/320, 1/256], so P(s <= 288) = (1/256 - 1/288) / (1/256 - 1/320) = 0.5556, up to
// rounding. The first of 284 - 224 = 60 offsets is as likely as the others, and the last possible one never
// drawn.
TEST(PySlowFastTest, DistributionOfSizesAndOffsets) {
  const TransformOptions options = Options(Augmentation::kPySlowFast);
  std::map<int, int> sizes, offsets;
  int small = 0;
  const int draws = 20000;
  for (uint64_t seed = 0; seed < draws; ++seed) {
    SplitMix64 random(seed);
    const ClipGeometry geometry = PlanClip(options, Usage::kTrain, {400, 300}, &random).geometry;
    EXPECT_EQ(geometry.size.width, 224);
    EXPECT_EQ(geometry.size.height, 224);
    EXPECT_EQ(geometry.scaled.width, 4 * geometry.scaled.height / 3);
    EXPECT_GE(geometry.left, 0);
    EXPECT_LT(geometry.left, geometry.scaled.width - 224);
    ++sizes[geometry.scaled.height];
    small += geometry.scaled.height <= 288;
    if (geometry.scaled.height == 284) ++offsets[geometry.top];
  }
  EXPECT_EQ(sizes.begin()->first, 256);
  EXPECT_EQ(sizes.rbegin()->first, 320);
  EXPECT_EQ(sizes.size(), 65);
  EXPECT_NEAR(static_cast<double>(small) / draws, 0.5623, 0.015);  // P(s < 288.5)
  EXPECT_LE(offsets.rbegin()->first, 59);
  EXPECT_GT(offsets.size(), 50);
}

// 640x272 at shorter side 256 would be 602 wide: round(464 * 272 / 640) = 197 is the shorter side instead.
// 4:3 stays below the limit.
TEST(AlphActionTest, TheLongerSideHasALimit) {
  const TransformOptions options = Options(Augmentation::kAlphAction);
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    SplitMix64 random(1);
    const FrameSize wide = PlanClip(options, usage, {640, 272}, &random).geometry.size;
    EXPECT_EQ(wide.height, 197);
    EXPECT_EQ(wide.width, 463);  // floor(197 * 640 / 272)
    const FrameSize usual = PlanClip(options, usage, {400, 300}, &random).geometry.size;
    EXPECT_EQ(usual.height, 256);
    EXPECT_EQ(usual.width, 341);
  }
}

struct Edges {
  double low = 10, high = -10;
  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// The moves of the four edges as shares of the box's size, over many draws.
std::vector<Edges> MovesOf(Augmentation augmentation) {
  const TransformOptions options = Options(augmentation);
  const ClipGeometry geometry = WholeFrame({100, 100}, false);
  std::vector<Edges> edges(4);
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    SplitMix64 random(seed);
    Sample sample;
    sample.actors.resize(1);
    sample.actors[0].box = {0.25f, 0.25f, 0.75f, 0.5f};
    MoveBoxes(options, Usage::kTrain, geometry, &random, &sample);
    const Box& box = sample.actors[0].box;
    edges[0].Add((box.x1 - 0.25) / 0.5);
    edges[1].Add((box.y1 - 0.25) / 0.25);
    edges[2].Add((box.x2 - 0.75) / 0.5);
    edges[3].Add((box.y2 - 0.5) / 0.25);
  }
  return edges;
}

TEST(BoxJitterTest, EdgesMoveAsFarAsThePublicCodeSays) {
  const double expected[][8] = {
      {-0.075, 0.075, -0.075, 0.075, -0.075, 0.075, -0.075, 0.075},  // ACAR
      {-0.2, 0.1, -0.1, 0.05, -0.1, 0.2, -0.05, 0.1},                // AlphAction
  };
  for (int i = 0; i < 2; ++i) {
    const std::vector<Edges> edges = MovesOf(i == 0 ? Augmentation::kAcar : Augmentation::kAlphAction);
    for (int e = 0; e < 4; ++e) {
      EXPECT_NEAR(edges[e].low, expected[i][2 * e], 0.002) << i << " edge " << e;
      EXPECT_NEAR(edges[e].high, expected[i][2 * e + 1], 0.002) << i << " edge " << e;
      EXPECT_GE(edges[e].low, expected[i][2 * e] - 1e-5);
      EXPECT_LE(edges[e].high, expected[i][2 * e + 1] + 1e-5);
    }
  }
}

TEST(BoxJitterTest, StaysInTheFrameAndEmptyBoxesAreTreatedAsInThePublicCode) {
  Sample given;
  given.actors.resize(2);
  given.actors[0].box = {0, 0, 1, 1};
  given.actors[1].box = {1.5f, 0.25f, 1.75f, 0.5f};  // a detector's, beyond the frame
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SplitMix64 random(seed);
    Sample acar = given, alphaction = given;
    const ClipGeometry geometry = WholeFrame({100, 50}, false);
    MoveBoxes(Options(Augmentation::kAcar), Usage::kTrain, geometry, &random, &acar);
    MoveBoxes(Options(Augmentation::kAlphAction), Usage::kTrain, geometry, &random, &alphaction);
    ASSERT_EQ(acar.actors.size(), 1);
    ASSERT_EQ(alphaction.actors.size(), 2);
    EXPECT_FLOAT_EQ(alphaction.actors[1].box.x1, 0.99f);
    EXPECT_FLOAT_EQ(alphaction.actors[1].box.x2, 1);
    for (const Sample* sample : {&acar, &alphaction}) {
      for (const Actor& actor : sample->actors) {
        EXPECT_TRUE(actor.box.Valid());
        EXPECT_GE(actor.box.x1, 0);
        EXPECT_GE(actor.box.y1, 0);
        EXPECT_LE(actor.box.x2, 1);
        EXPECT_LE(actor.box.y2, 1);
      }
    }
  }
}

// (0.2, 0.4) to (0.6, 0.8): half of 0.1 * 0.4 on the left and right, half of 0.05 * 0.4 above and below.
TEST(AlphActionTest, TestBoxesAreEnlargedForTheModelOnly) {
  Sample sample;
  sample.actors.resize(2);
  const Box detected = {0.2f, 0.4f, 0.6f, 0.8f}, whole = {0, 0, 1, 1};
  sample.actors[0].box = detected;
  sample.actors[1].box = whole;
  SplitMix64 random(0);
  MoveBoxes(Options(Augmentation::kAlphAction), Usage::kInference, WholeFrame({64, 64}, false), &random,
            &sample);
  EXPECT_FLOAT_EQ(sample.actors[0].box.x1, 0.18f);
  EXPECT_FLOAT_EQ(sample.actors[0].box.y1, 0.39f);
  EXPECT_FLOAT_EQ(sample.actors[0].box.x2, 0.62f);
  EXPECT_FLOAT_EQ(sample.actors[0].box.y2, 0.81f);
  EXPECT_EQ(*sample.actors[0].reported, detected);
  EXPECT_EQ(sample.actors[1].box, whole);
}

// Of MoveBox's doc: an actor outside of the part stays, with an empty box.
TEST(PySlowFastTest, AnActorOutsideOfThePartStaysWithAnEmptyBox) {
  Scene scene = MakeScene({400, 300}, {0, 0, 40, 40});
  SplitMix64 random(0);
  const ClipGeometry geometry = {{400, 300}, 100, 50, {224, 224}, false};
  MoveBoxes(Options(Augmentation::kPySlowFast), Usage::kTrain, geometry, &random, &scene.sample);
  ASSERT_EQ(scene.sample.actors.size(), 1);
  EXPECT_EQ(scene.sample.actors[0].box, (Box{0, 0, 0, 0}));
  EXPECT_TRUE(scene.sample.objects.empty());
}

}  // namespace
}  // namespace mrsn::datasets
