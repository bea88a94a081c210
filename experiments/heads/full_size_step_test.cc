// The model of each of the head's experiments at its full width on small frames: one forward and one
// backward pass with real numbers. (At its real frame size each is run on the meta device
// by counts_test.)
#include <ATen/ATen.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/engine/detector_input.h"
#include "experiments/heads/experiments_of_head.h"
#include "gtest/gtest.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"

namespace mrsn::experiments {
namespace {

// Detectors that find persons themselves have a size of frame or a number of proposals of their own.
ModelConfig OnSmallFrames(ModelConfig config) {
  if (config.has_act()) config.mutable_act()->set_input_size(96);
  if (config.has_step()) {
    config.mutable_step()->clear_grids();
    config.mutable_step()->add_grids()->set_size(1);
  }
  return config;
}

class FullSizeStepTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FullSizeStepTest, ForwardAndBackward) {
  const auto resolved = LoadExperiment(ConfigsRoot(), GetParam());
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  at::manual_seed(1);
  const auto built = BuildDetector(OnSmallFrames(resolved->experiment.model()), at::kCPU);
  ASSERT_TRUE(built.ok()) << built.status();
  Detector& model = **built;
  {
    // Layers that start at 0, so that a fresh head changes nothing, let no gradient through.
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : model.named_children()["head"]->parameters()) {
      parameter.add_(at::randn_like(parameter) * 0.02);
    }
  }
  model.train();
  SetBatchNorm(resolved->experiment.train().batch_norm(), model);

  // Two clips, one person and two; two frames, unless the detector wants its own number.
  const ModelNeeds needs = model.needs();
  const int64_t frames = needs.boxes ? 2 : resolved->experiment.train_data().clip().frames(),
                classes = needs.classes;
  InputSize size = {2, frames, 48, 48};
  size.entries = 5;
  DetectorInput input = MakeInput(size, needs);
  // Boxes of several sizes, so that ACT's anchors of every level find a person.
  input.boxes = at::tensor({0.1f, 0.1f, 0.6f, 0.9f, 0.f, 0.f, 1.f, 1.f, 0.4f, 0.3f, 0.9f, 0.8f}).view({3, 4});
  input.clip_index = at::tensor({0, 1, 1}, at::kLong);
  Truth truth;
  truth.labels = at::zeros({3, classes});
  for (int64_t person = 0; person < 3; ++person) truth.labels[person][person % classes] = 1;
  truth.tubelets = input.boxes.unsqueeze(1).expand({3, frames, 4}).contiguous();
  const at::Tensor loss = model.Loss(input, truth, ClassLossOf(resolved->experiment.train().loss())).loss;
  ASSERT_TRUE(std::isfinite(loss.item<double>()));
  if (auto* scoring = dynamic_cast<ActionDetector*>(&model)) {
    const at::NoGradGuard no_grad;
    const DetectorOutput output = scoring->Forward(input);
    ASSERT_EQ(output.logits.sizes(), (at::IntArrayRef{3, classes}));
    EXPECT_EQ(output.G.size(1), needs.relation_width);
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
  }
  loss.backward();
  int64_t with_gradient = 0, trainable = 0;
  for (const auto& parameter : model.named_parameters()) {
    if (!parameter.value().requires_grad()) continue;
    ++trainable;
    const at::Tensor gradient = parameter.value().grad();
    if (!gradient.defined()) continue;
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << parameter.key();
    with_gradient += gradient.abs().max().item<float>() > 0;
  }
  // Not all: MCA_X's queries and keys have none, an embedding's unused rows, a ReLU that is off.
  EXPECT_GT(with_gradient, trainable * 8 / 10);
}

// Everything of an experiment that the test reads.
std::string WhatIsRun(const Experiment& experiment) {
  return absl::StrCat(experiment.model().SerializeAsString(), "\n", experiment.train_data().clip().frames(),
                      "\n", experiment.train().loss(), "\n", experiment.train().batch_norm());
}

// Of experiments that would run the same, only the first. An experiment that does not load fails its test.
std::vector<std::string> Names() {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const std::string& name : ExperimentsOfHead()) {
    const auto resolved = LoadExperiment(ConfigsRoot(), name);
    if (!resolved.ok() || seen.insert(WhatIsRun(resolved->experiment)).second) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Experiments, FullSizeStepTest, ::testing::ValuesIn(Names()), ExperimentTestName);

}  // namespace
}  // namespace mrsn::experiments
