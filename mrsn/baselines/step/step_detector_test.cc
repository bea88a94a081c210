#include "mrsn/baselines/step/step_detector.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <memory>
#include <vector>

#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/baselines/testing/moving_person.h"
#include "mrsn/testing/compare.h"
#include "ops/base/box.h"

namespace mrsn::baselines {
namespace {

StepOptions Small(bool flow = false) {
  StepOptions options;
  options.classes = 2;
  options.flow = flow;
  options.width_divisor = 8;
  return options;
}

// Slow, and with flow, which is noise.
World MakeWorld(int64_t clips, int64_t frames = 12, int64_t height = 64, int64_t width = 64) {
  return baselines::MakeWorld(/*speed=*/0.01f, clips, frames, height, width);
}

// Untrained, it may say anything; like this, the grid's boxes stay about where they are, and
// each has a score near a half.
void MakeUndecided(StepDetector& step) {
  at::NoGradGuard no_grad;
  for (const auto& parameter : step.named_parameters()) {
    for (const char* name : {"classifier.weight", "regressor.weight", "before.weight", "after.weight"}) {
      if (parameter.key().find(name) != std::string::npos) parameter.value().mul_(1e-3);
    }
  }
}

// Through RoIAlign and both branches to the first convolution, on proposals that stay where they are.
TEST(StepTest, GradientsOfAllStepsAreRight) {
  at::manual_seed(1);
  StepOptions options = Small(true);
  options.dropout = 0;
  options.grids = {{0.75, 1}};
  StepDetector step(options);
  step.to(at::kDouble);
  step.SetBatchNormFrozen(true);
  step.train();
  DetectorInput input;
  input.slow = at::randn({1, 3, 12, 33, 40}, at::kDouble);
  input.flow = at::randn({1, 2, 12, 33, 40}, at::kDouble);
  std::vector<std::pair<std::string, at::Tensor>> variables;
  for (const auto& parameter : step.named_parameters()) {
    for (const char* name :
         {"rgb.conv3d_1a_7x7.conv3d.weight", "flow.mixed_4f.b0.conv3d.weight",
          "context.mixed.mixed_5c.b0.conv3d.weight", "step1.mixed.mixed_5b.b1b.conv3d.weight",
          "step2.before.weight", "step2.after.bias", "step3.local1_2.weight", "step3.classifier.weight"}) {
      if (parameter.key().find(name) != std::string::npos)
        variables.emplace_back(parameter.key(), parameter.value());
    }
  }
  ASSERT_EQ(variables.size(), 8);
  ExpectGradientsRight(
      [&] {
        std::vector<at::Tensor> flat;
        for (const at::Tensor& made : step.ForwardForCounting(input)) flat.push_back(made.flatten());
        return at::cat(flat);
      },
      variables, 2);
}

// Gradients do not flow through proposals: of the whole loss, differences are those of a step's
// own layers only where no later step depends on them.
TEST(StepTest, LossGradientsOfTheLastStepAreRight) {
  at::manual_seed(2);
  StepOptions options = Small();
  options.dropout = 0;
  StepDetector step(options);
  step.to(at::kDouble);
  step.eval();
  World world = MakeWorld(1, 12, 32, 32);
  world.input.slow = world.input.slow.to(at::kDouble);
  std::vector<std::pair<std::string, at::Tensor>> variables;
  for (const auto& parameter : step.named_parameters()) {
    for (const char* name :
         {"step3.regressor.weight", "step3.classifier.bias", "step3.reduce_local.weight"}) {
      if (parameter.key().find(name) != std::string::npos)
        variables.emplace_back(parameter.key(), parameter.value());
    }
  }
  ASSERT_EQ(variables.size(), 3);
  ExpectGradientsRight([&] { return step.Loss(world.input, world.truth, ClassLoss::kBce).loss.reshape({1}); },
                       variables, 4);
}

// A large person in the second clip gives it another number of positives.
TEST(StepTest, TheLossOfGroupsIsThatOfTheBatch) {
  at::manual_seed(3);
  StepOptions options = Small();
  options.dropout = 0;
  StepDetector step(options);
  step.SetBatchNormFrozen(true);
  step.train();
  World world = MakeWorld(2);
  world.truth.tubelets[1] = at::tensor({0.0f, 0.1f, 0.9f, 0.95f});
  ExpectClipsJoin(step, world, ClassLoss::kBce);
}

TEST(StepTest, StepsGrowFromTheMiddleThird) {
  StepDetector step(Small());
  step.eval();
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> made = step.ForwardForCounting(MakeWorld(2, 24).input);
  // Of 6 positions 2, 2 and 6: logits and offsets of each step, before and after of the second.
  ASSERT_EQ(made.size(), 8);
  EXPECT_EQ(made[0].sizes(), (at::IntArrayRef{22, 2}));
  EXPECT_EQ(made[1].sizes(), (at::IntArrayRef{22, 2, 4}));
  EXPECT_EQ(made[3].sizes(), (at::IntArrayRef{22, 2, 4}));
  EXPECT_EQ(made[4].sizes(), (at::IntArrayRef{22, 2, 4}));
  EXPECT_EQ(made[7].sizes(), (at::IntArrayRef{22, 6, 4}));
  EXPECT_FALSE(Close(made[1], made[3], 1e-3));  // steps have weights of their own
}

TEST(StepTest, ClipsDoNotInfluenceEachOther) {
  at::manual_seed(3);
  for (const bool flow : {false, true}) {
    StepDetector step(Small(flow));
    MakeUndecided(step);
    step.eval();
    at::NoGradGuard no_grad;
    const World world = MakeWorld(3, 12, 48, 70);
    const Detections together = step.Detect(world.input, ClassLoss::kBce);
    int64_t found = 0;
    double loss = 0;
    for (int64_t b = 0; b < 3; ++b) {
      const World only = OnlyClip(world, b);
      const Detections alone = step.Detect(only.input, ClassLoss::kBce);
      const at::Tensor rows = (together.clip_index == b).nonzero().squeeze(1);
      EXPECT_TRUE(Close(alone.boxes, together.boxes.index_select(0, rows), 1e-4));
      EXPECT_TRUE(Close(alone.scores, together.scores.index_select(0, rows), 1e-4));
      found += rows.numel();
      if (b < 2) loss += step.Loss(only.input, only.truth, ClassLoss::kBce).loss.item<double>();
    }
    EXPECT_EQ(found, together.boxes.size(0));
    EXPECT_GT(found, 3);
    EXPECT_GT(loss, 0);
    if (!flow) continue;
    DetectorInput still = world.input;
    still.flow = at::zeros_like(still.flow);
    EXPECT_FALSE(Close(step.ForwardForCounting(still)[0], step.ForwardForCounting(world.input)[0],
                       1e-3));  // it is read
  }
}

TEST(StepTest, DetectionsKeepTheInterface) {
  at::manual_seed(3);
  StepDetector step(Small());
  MakeUndecided(step);
  step.eval();
  at::NoGradGuard no_grad;
  const Detections found = step.Detect(MakeWorld(3).input, ClassLoss::kBce);
  ASSERT_GT(found.boxes.size(0), 0);
  EXPECT_EQ(found.scores.sizes(), (at::IntArrayRef{found.boxes.size(0), 2}));
  const std::vector<Box> boxes = BoxesOf(found.boxes);
  for (const Box& box : boxes) EXPECT_TRUE(box.Valid() && ClipToFrame(box) == box);
  EXPECT_TRUE(((found.scores == -1).logical_or(found.scores > 0.01)).all().item<bool>());
  EXPECT_TRUE((found.scores > 0).any(1).all().item<bool>());
  EXPECT_TRUE((found.clip_index.diff() >= 0).all().item<bool>());
  for (size_t i = 0; i < boxes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const bool both = (found.scores[i] > 0).logical_and(found.scores[j] > 0).any().item<bool>();
      if (both && found.clip_index[i].item<int64_t>() == found.clip_index[j].item<int64_t>()) {
        EXPECT_LE(IntersectionOverUnion(boxes[i], boxes[j]), 0.4f);
      }
    }
  }
}

TEST(StepTest, NobodyToLearnAndNothingToFind) {
  StepDetector step(Small());
  const World nobody = OnlyClip(MakeWorld(3), 2);
  const at::Tensor loss = step.Loss(nobody.input, nobody.truth, ClassLoss::kBce).loss;
  EXPECT_EQ(loss.item<float>(), 0);
  loss.backward();
  step.eval();
  at::NoGradGuard no_grad;
  for (const auto& parameter : step.named_parameters()) {
    if (parameter.key().find("step3.classifier.bias") != std::string::npos) parameter.value().fill_(-100);
  }
  const Detections none = step.Detect(nobody.input, ClassLoss::kBce);
  EXPECT_EQ(none.boxes.sizes(), (at::IntArrayRef{0, 4}));
  EXPECT_EQ(none.scores.sizes(), (at::IntArrayRef{0, 2}));
  EXPECT_EQ(none.clip_index.sizes(), (at::IntArrayRef{0}));
  for (at::Tensor& parameter : step.parameters()) parameter.fill_(NAN);
  EXPECT_EQ(step.Detect(nobody.input, ClassLoss::kBce).boxes.size(0), 0);
}

TEST(StepTest, ShapesThatContradictEachOther) {
  StepDetector step(Small(true));
  World world = MakeWorld(1, 16);
  EXPECT_THROW(step.Detect(world.input, ClassLoss::kBce), c10::Error);
  world = MakeWorld(1);
  EXPECT_THROW(step.Detect(world.input, ClassLoss::kSoftmax), c10::Error);
  world.input.flow = at::Tensor();
  EXPECT_THROW(step.Detect(world.input, ClassLoss::kBce), c10::Error);
  world = MakeWorld(1);
  world.truth.tubelets = at::Tensor();
  EXPECT_THROW(step.Loss(world.input, world.truth, ClassLoss::kBce), c10::Error);
}

TEST(StepTest, FrozenBatchNormsStayFrozenEverywhere) {
  StepDetector step(Small());
  step.SetBatchNormFrozen(true);
  step.train();
  const at::Tensor mean = step.named_buffers()["head.step3.mixed.mixed_5c.b0.bn.running_mean"];
  const at::Tensor before = mean.clone();
  step.ForwardForCounting(MakeWorld(1).input);
  EXPECT_TRUE(at::equal(mean, before));
  EXPECT_FALSE(step.named_parameters()["head.step3.mixed.mixed_5c.b0.bn.weight"].requires_grad());
  EXPECT_FALSE(step.named_parameters()["backbone.rgb.mixed_4f.b0.bn.weight"].requires_grad());
  step.SetBatchNormFrozen(false);
  step.ForwardForCounting(MakeWorld(1).input);
  EXPECT_FALSE(at::equal(mean, before));
  EXPECT_TRUE(step.named_parameters()["head.step3.mixed.mixed_5c.b0.bn.weight"].requires_grad());
}

// Two clips of two classes, and one with nobody.
TEST(StepTest, LearnsAFewClipsByHeart) {
  at::manual_seed(4);
  StepOptions options = Small();
  options.batch_norm_momentum = 0.1;
  options.dropout = 0;
  options.grids = {{0.75, 1}, {0.5, 2}};
  StepDetector step(options);
  const World world = MakeWorld(3);
  torch::optim::SGD optimizer(step.parameters(), torch::optim::SGDOptions(0.002).momentum(0.9));
  double loss = 0;
  for (int i = 0; i < 150; ++i) {
    if (i == 80) {
      // The last steps are small and use the statistics that Detect() uses. Otherwise the scores below depend
      // on how a processor rounds.
      step.SetBatchNormFrozen(true);
      static_cast<torch::optim::SGDOptions&>(optimizer.param_groups()[0].options()).lr(0.0005);
    }
    optimizer.zero_grad();
    const at::Tensor value = step.Loss(world.input, world.truth, ClassLoss::kBce).loss;
    value.backward();
    optimizer.step();
    loss = value.item<double>();
  }
  EXPECT_LT(loss, 0.5);
  step.eval();
  at::NoGradGuard no_grad;
  const Detections found = step.Detect(world.input, ClassLoss::kBce);
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
    EXPECT_GT(IntersectionOverUnion(boxes[at], truths[clip]), 0.5f);
  }
  const at::Tensor empty = (found.clip_index == 2).nonzero().squeeze(1);
  if (empty.numel() > 0) {
    EXPECT_LT(found.scores.index_select(0, empty).max().item<float>(), 0.1);
  }
}

}  // namespace
}  // namespace mrsn::baselines
