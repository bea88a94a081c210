#include "experiments/engine/batch_loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiments/testing/fake_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"

namespace mrsn::experiments {
namespace {

using datasets::Sample;

constexpr int kClasses = 5;

using Gradients = std::map<std::string, at::Tensor>;

// Clips of three sizes with 2, 1, 0 and 3 persons; no norm is trained and nothing is dropped.
class BatchLossTest : public ::testing::Test {
 protected:
  BatchLossTest() : clips_({{32, 32}, {48, 32}, {32, 32}, {32, 48}}) {
    at::manual_seed(4);
    detector_ = Build(std::string(kMicroBackbone) + "mrsn { " + kMicroHead + " short_term { dropout: 0 } }");
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : detector_->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    detector_->train();
    SetBatchNorm(TrainConfig::FROZEN, *detector_);
  }

  std::vector<Sample> Samples(const std::vector<int64_t>& indices) const {
    const std::vector<int> persons = {2, 1, 0, 3};
    std::vector<Sample> samples;
    for (const int64_t index : indices) {
      samples.push_back(*clips_.Load(index, 0));
      samples.back().actors.clear();
      for (int n = 0; n < persons[index]; ++n) {
        datasets::Actor actor;
        actor.box = {0.1f * n, 0.2f, 0.5f + 0.2f * n, 0.9f - 0.1f * n};
        actor.labels = {static_cast<int>((index + n) % kClasses)};
        samples.back().actors.push_back(actor);
      }
    }
    return samples;
  }

  BatchLoss LossOf(std::vector<Sample> samples, at::ScalarType type = at::kFloat) {
    auto loss = LossOfBatch(std::move(samples), kClasses, {}, nullptr, ClassLoss::kBce, *detector_, type);
    EXPECT_TRUE(loss.ok()) << loss.status();
    return *std::move(loss);
  }

  Gradients GradientsOf(const at::Tensor& loss) {
    detector_->zero_grad();
    loss.backward();
    Gradients gradients;
    for (const auto& parameter : detector_->named_parameters()) {
      const at::Tensor gradient = parameter.value().grad();
      gradients[parameter.key()] = gradient.defined() ? gradient.clone() : at::zeros_like(parameter.value());
    }
    return gradients;
  }

  const FakeDataset clips_;
  std::shared_ptr<ActionDetector> detector_;
};

TEST_F(BatchLossTest, AMixedBatchIsThePersonWeightedMeanOfItsClips) {
  double expected_loss = 0;
  Gradients expected;
  const std::vector<Sample> samples = Samples({0, 1, 2, 3});
  for (const Sample& sample : samples) {
    const double weight = sample.actors.size() / 6.0;
    const at::Tensor loss = LossOf({sample}).loss;
    expected_loss += weight * loss.item<double>();
    for (const auto& [name, gradient] : GradientsOf(loss)) {
      at::Tensor& sum = expected[name];
      sum = sum.defined() ? sum + weight * gradient : weight * gradient;
    }
  }
  const at::Tensor loss = LossOf(samples).loss;
  EXPECT_NEAR(loss.item<double>(), expected_loss, 1e-6);
  const Gradients found = GradientsOf(loss);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, gradient] : found) {
    const double scale = std::max(1.0, expected[name].abs().max().item<double>());
    EXPECT_LT((gradient - expected[name]).abs().max().item<double>(), 1e-6 * scale) << name;
  }
}

TEST_F(BatchLossTest, ABatchOfOneSizeIsGivenToTheDetectorAsItIs) {
  const std::vector<Sample> samples = Samples({0, 2});
  const datasets::ClipBatch batch = datasets::Collate(samples, kClasses);
  const ModelBatch given = ModelBatchOf(batch, {}, *detector_);
  const LossOutput direct = detector_->Loss(given.input, given.truth, ClassLoss::kBce);
  const BatchLoss loss = LossOf(samples);
  EXPECT_TRUE(at::equal(loss.loss, direct.loss));
  const Gradients expected = GradientsOf(direct.loss);
  for (const auto& [name, gradient] : GradientsOf(loss.loss)) {
    EXPECT_TRUE(at::equal(gradient, expected.at(name))) << name;
  }
}

TEST_F(BatchLossTest, GroupsSayWhoseClipsTheyHave) {
  const BatchLoss loss = LossOf(Samples({0, 1, 2, 3, 1}));
  std::vector<std::vector<std::string>> videos;
  for (const BatchLoss::Group& group : loss.groups) {
    videos.emplace_back();
    for (const Keyframe& keyframe : group.keyframes) videos.back().push_back(keyframe.video);
  }
  EXPECT_EQ(videos,
            (std::vector<std::vector<std::string>>{{"video0", "video2"}, {"video1", "video1"}, {"video3"}}));
  EXPECT_TRUE(at::equal(loss.groups[1].clip_index, at::tensor({0, 1}, at::kLong)));
}

TEST_F(BatchLossTest, NobodyAtAllTeachesNothing) {
  for (Sample& sample : Samples({2})) {
    Sample larger = sample;
    larger.slow = clips_.Load(1, 0)->slow;
    const at::Tensor loss = LossOf({sample, larger}).loss;
    EXPECT_EQ(loss.item<double>(), 0);
    for (const auto& [name, gradient] : GradientsOf(loss)) {
      EXPECT_EQ(gradient.abs().max().item<double>(), 0) << name;
    }
  }
}

// Products are rounded to 8 and 11 bits; the loss and the weights' gradients are float32 and close.
TEST_F(BatchLossTest, InFewerBits) {
  const at::Tensor expected = LossOf(Samples({0, 1, 2, 3})).loss;
  const Gradients expected_gradients = GradientsOf(expected);
  double largest = 0;
  for (const auto& [name, gradient] : expected_gradients) {
    largest = std::max(largest, gradient.abs().max().item<double>());
  }
  for (const auto& [type, tolerance] : {std::pair(at::kBFloat16, 1e-2), std::pair(at::kHalf, 1e-3)}) {
    SCOPED_TRACE(type);
    const at::Tensor loss = LossOf(Samples({0, 1, 2, 3}), type).loss;
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    EXPECT_NEAR(loss.item<double>(), expected.item<double>(), tolerance * expected.item<double>());
    EXPECT_NE(loss.item<double>(), expected.item<double>()) << "no number was rounded";
    for (const auto& [name, gradient] : GradientsOf(loss)) {
      EXPECT_EQ(gradient.scalar_type(), at::kFloat) << name;
      EXPECT_LT((gradient - expected_gradients.at(name)).abs().max().item<double>(), 5 * tolerance * largest)
          << name;
    }
  }
  const at::Tensor again = LossOf(Samples({0, 1, 2, 3})).loss;
  EXPECT_TRUE(at::equal(again, expected)) << "autocast has not ended";
}

}  // namespace
}  // namespace mrsn::experiments
