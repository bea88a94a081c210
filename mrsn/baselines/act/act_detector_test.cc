#include "mrsn/baselines/act/act_detector.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <memory>
#include <vector>

#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/baselines/testing/moving_person.h"
#include "mrsn/testing/compare.h"
#include "ops/base/box.h"

namespace mrsn::baselines {
namespace {

constexpr float kSpeed = 0.03f;

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

ActOptions Small(int64_t frames = 3) {
  ActOptions options;
  options.classes = 2;
  options.frames = frames;
  options.backbone = {64, 16};
  return options;
}

// SSD300 of the PyTorch port (amdegroot/ssd.pytorch) has 26,285,486 parameters with 21 classes:
// that is ACT with one frame and 20 classes.
TEST(ActTest, OneFrameHasSsd300sParameters) {
  ActOptions options;
  options.classes = 20;
  options.frames = 1;
  EXPECT_EQ(Count(ActDetector(options)), 26285486);
}

// Over six frames only the head's inputs (x 6) and its offsets (x 6) change. Per cell of the
// levels there are 4, 6, 6, 6, 4, 4 anchors.
TEST(ActTest, SixFramesHaveTheDerivedParameters) {
  ActOptions options;
  int64_t inputs = 0, outputs = 0;  // of 3 x 3 convolutions: sum of C P, of P
  const std::vector<std::pair<int64_t, int64_t>> levels = {{512, 4}, {1024, 6}, {512, 6},
                                                           {256, 6}, {256, 4},  {256, 4}};
  for (const auto& [channels, per_cell] : levels) {
    inputs += channels * per_cell;
    outputs += per_cell;
  }
  const int64_t ssd_head = 9 * inputs * (21 + 4) + outputs * (21 + 4);
  const int64_t head = 9 * 6 * inputs * (25 + 24) + outputs * (25 + 24);
  ActDetector act(options);
  EXPECT_EQ(Count(*act.named_children()["backbone"]), 26285486 - ssd_head);
  EXPECT_EQ(Count(*act.named_children()["head"]), head);
  EXPECT_EQ(act.anchors().size(), 8732);
}

// A large person in the second clip gives it another number of positives; the third has none.
TEST(ActTest, TheLossOfGroupsIsThatOfTheBatch) {
  at::manual_seed(3);
  ActDetector act(Small());
  World world = MakeWorld(kSpeed, 3, 3, 64, 64);
  world.truth.tubelets[1] = at::tensor({0.1f, 0.1f, 0.9f, 0.95f});
  ExpectClipsJoin(act, world, ClassLoss::kSoftmax);
}

TEST(ActTest, PredictionsHaveOneRowAnAnchorAtAnySize) {
  for (const int64_t size : {64, 75, 96, 150, 225, 300}) {
    ActOptions options = Small(2);
    options.backbone.input_size = size;
    ActDetector act(options);
    at::NoGradGuard no_grad;
    Clip clip;
    clip.slow = at::randn({1, 3, 2, 48, 70});  // resized
    const CuboidPredictions predictions = act.Predict(clip);
    const auto anchors = static_cast<int64_t>(act.anchors().size());
    EXPECT_EQ(predictions.logits.sizes(), (at::IntArrayRef{1, anchors, 3})) << size;
    EXPECT_EQ(predictions.offsets.sizes(), (at::IntArrayRef{1, anchors, 2, 4})) << size;
  }
}

// An anchor's predictions come from its own cell: the shift of a map by a cell shifts them.
TEST(ActTest, PredictionsAreInTheAnchorsOrder) {
  at::manual_seed(1);
  at::NoGradGuard no_grad;
  const ActOptions options = Small(2);
  CuboidHead head(options, {4}, {6});
  at::Tensor maps = at::zeros({2, 4, 5, 5}), shifted = at::zeros({2, 4, 5, 5});
  maps.slice(2, 1, 2).slice(3, 2, 3).normal_();
  shifted.slice(2, 2, 3).slice(3, 3, 4).copy_(maps.slice(2, 1, 2).slice(3, 2, 3));
  const CuboidPredictions at_1_2 = head.Forward({maps}), at_2_3 = head.Forward({shifted});
  const auto cell = [](const at::Tensor& x, int64_t row, int64_t column) {
    return x.slice(1, (row * 5 + column) * 6, (row * 5 + column + 1) * 6);
  };
  EXPECT_TRUE(Close(cell(at_2_3.logits, 2, 3), cell(at_1_2.logits, 1, 2), 1e-5));
  EXPECT_TRUE(Close(cell(at_2_3.offsets, 2, 3), cell(at_1_2.offsets, 1, 2), 1e-5));
  EXPECT_GT(cell(at_1_2.logits, 1, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(cell(at_1_2.logits, 4, 4).abs().max().item<float>(), 0);
}

TEST(ActTest, GradientsAreRight) {
  at::manual_seed(2);
  ActDetector act(Small(2));
  act.to(at::kDouble);
  World world = MakeWorld(kSpeed, 1, 2, 64, 64);
  world.input.slow = world.input.slow.to(at::kDouble);
  std::vector<std::pair<std::string, at::Tensor>> variables;
  for (const auto& parameter : act.named_parameters()) {
    for (const char* name : {"conv1_1.weight", "conv4_3_scale", "fc6.bias", "conv7_2.weight",
                             "scores1.weight", "offsets3.weight"}) {
      if (parameter.key().find(name) != std::string::npos) {
        variables.emplace_back(parameter.key(), parameter.value());
      }
    }
  }
  ASSERT_EQ(variables.size(), 6);
  ExpectGradientsRight(
      [&] { return act.Loss(world.input, world.truth, ClassLoss::kSoftmax).loss.reshape({1}); }, variables,
      3);
}

TEST(ActTest, ClipsDoNotInfluenceEachOther) {
  at::manual_seed(3);
  ActDetector act(Small());
  at::NoGradGuard no_grad;
  const World world = MakeWorld(kSpeed, 4, 3, 64, 80);
  const CuboidPredictions together = act.Predict(world.input);
  const Detections detections = act.Detect(world.input, ClassLoss::kSoftmax);
  int64_t found = 0;
  for (int64_t b = 0; b < 4; ++b) {
    const World only = OnlyClip(world, b);
    const CuboidPredictions alone = act.Predict(only.input);
    EXPECT_TRUE(Close(alone.logits[0], together.logits[b], 1e-5));
    EXPECT_TRUE(Close(alone.offsets[0], together.offsets[b], 1e-5));
    const Detections of_clip = act.Detect(only.input, ClassLoss::kSoftmax);
    const at::Tensor rows = (detections.clip_index == b).nonzero().squeeze(1);
    EXPECT_TRUE(Close(of_clip.boxes, detections.boxes.index_select(0, rows), 1e-4));
    EXPECT_TRUE(Close(of_clip.scores, detections.scores.index_select(0, rows), 1e-4));
    found += rows.numel();
  }
  EXPECT_EQ(found, detections.boxes.size(0));
  EXPECT_GT(found, 4);  // untrained, it finds something everywhere
}

TEST(ActTest, DetectionsKeepTheInterface) {
  at::manual_seed(3);
  ActDetector act(Small());
  at::NoGradGuard no_grad;
  const Detections found = act.Detect(MakeWorld(kSpeed, 3, 3, 64, 64).input, ClassLoss::kSoftmax);
  ASSERT_GT(found.boxes.size(0), 0);
  EXPECT_EQ(found.scores.sizes(), (at::IntArrayRef{found.boxes.size(0), 2}));
  EXPECT_GE(found.boxes.min().item<float>(), 0);
  EXPECT_LE(found.boxes.max().item<float>(), 1);
  for (const Box& box : BoxesOf(found.boxes)) EXPECT_TRUE(box.Valid());
  EXPECT_LE(found.scores.max().item<float>(), 1);
  EXPECT_TRUE(((found.scores == -1).logical_or(found.scores > 0.01)).all().item<bool>());
  EXPECT_TRUE((found.scores > 0).any(1).all().item<bool>());
  EXPECT_TRUE((found.clip_index.diff() >= 0).all().item<bool>());
  // No two boxes of a class overlap by more than 0.3.
  const std::vector<Box> boxes = BoxesOf(found.boxes);
  for (size_t i = 0; i < boxes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const at::Tensor both = (found.scores[i] > 0).logical_and(found.scores[j] > 0);
      if (found.clip_index[i].item<int64_t>() != found.clip_index[j].item<int64_t>()) continue;
      if (both.any().item<bool>()) {
        EXPECT_LE(IntersectionOverUnion(boxes[i], boxes[j]), 0.3f);
      }
    }
  }
}

TEST(ActTest, NobodyToLearnAndNothingToFind) {
  ActDetector act(Small());
  const World nobody = OnlyClip(MakeWorld(kSpeed, 3, 3, 64, 64), 2);
  ASSERT_EQ(nobody.input.boxes.size(0), 0);
  const at::Tensor loss = act.Loss(nobody.input, nobody.truth, ClassLoss::kSoftmax).loss;
  EXPECT_EQ(loss.item<float>(), 0);
  loss.backward();
  // A background that is certain, and offsets that are not finite, leave no detection.
  at::NoGradGuard no_grad;
  for (const auto& parameter : act.named_parameters()) {
    if (parameter.key().find("scores") != std::string::npos &&
        parameter.key().find("bias") != std::string::npos) {
      parameter.value().view({-1, 3}).select(1, 0).fill_(50);
    }
  }
  const Detections none = act.Detect(nobody.input, ClassLoss::kSoftmax);
  EXPECT_EQ(none.boxes.sizes(), (at::IntArrayRef{0, 4}));
  EXPECT_EQ(none.scores.sizes(), (at::IntArrayRef{0, 2}));
  EXPECT_EQ(none.clip_index.sizes(), (at::IntArrayRef{0}));
  for (at::Tensor& parameter : act.parameters()) parameter.fill_(NAN);
  EXPECT_EQ(act.Detect(nobody.input, ClassLoss::kSoftmax).boxes.size(0), 0);
}

TEST(ActTest, ShapesThatContradictEachOther) {
  ActDetector act(Small());
  World world = MakeWorld(kSpeed, 1, 2, 64, 64);
  EXPECT_THROW(act.Detect(world.input, ClassLoss::kSoftmax), c10::Error);
  world = MakeWorld(kSpeed, 1, 3, 64, 64);
  EXPECT_THROW(act.Detect(world.input, ClassLoss::kBce), c10::Error);
  world.truth.tubelets = at::Tensor();
  EXPECT_THROW(act.Loss(world.input, world.truth, ClassLoss::kSoftmax), c10::Error);
}

// Two clips of two classes, and one with nobody: of that no negatives are taken, as published,
// so that it teaches nothing.
TEST(ActTest, LearnsAFewClipsByHeart) {
  at::manual_seed(5);
  ActOptions options = Small();
  options.backbone.width_divisor = 8;
  ActDetector act(options);
  const World world = MakeWorld(kSpeed, 3, 3, 64, 80);
  torch::optim::SGD optimizer(act.parameters(), torch::optim::SGDOptions(0.001).momentum(0.9));
  double loss = 0;
  for (int i = 0; i < 120; ++i) {
    optimizer.zero_grad();
    const at::Tensor value = act.Loss(world.input, world.truth, ClassLoss::kSoftmax).loss;
    value.backward();
    optimizer.step();
    loss = value.item<double>();
  }
  EXPECT_LT(loss, 0.5);
  at::NoGradGuard no_grad;
  const Detections found = act.Detect(world.input, ClassLoss::kSoftmax);
  const std::vector<Box> boxes = BoxesOf(found.boxes), truths = BoxesOf(world.input.boxes);
  for (int64_t clip = 0; clip < 2; ++clip) {
    float best = 0;
    int64_t at = -1;
    for (size_t d = 0; d < boxes.size(); ++d) {
      const float score = found.scores[d].max().item<float>();
      if (found.clip_index[d].item<int64_t>() == clip && score > best) {
        best = score;
        at = static_cast<int64_t>(d);
      }
    }
    ASSERT_GE(at, 0);
    EXPECT_GT(best, 0.5);
    EXPECT_EQ(found.scores[at].argmax().item<int64_t>(), clip);
    EXPECT_GT(IntersectionOverUnion(boxes[at], truths[clip]), 0.7f);
  }
}

}  // namespace
}  // namespace mrsn::baselines
