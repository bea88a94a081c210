#include "experiments/engine/detector_input.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"

namespace mrsn::experiments {
namespace {

constexpr char kNorm[] = "backbone.resnet.stem_norm";

LongTermWindow Entries(int64_t count) {
  return {at::randn({count, 3}), at::zeros({count}, at::kLong), at::arange(count)};
}

TEST(JoinWindows, EntriesKeepTheirClips) {
  const LongTermWindow first = Entries(2), none = Entries(0), last = Entries(1);
  const LongTermWindow joined = JoinWindows({first, none, last});
  EXPECT_TRUE(at::equal(joined.features, at::cat({first.features, last.features})));
  EXPECT_TRUE(at::equal(joined.clip_index, at::tensor({0, 0, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(joined.offset, at::tensor({0, 1, 0}, at::kLong)));
  EXPECT_FALSE(JoinWindows({LongTermWindow(), LongTermWindow()}).features.defined()) << "without a bank";
}

// What a training step does with a norm's statistics, and whether its scale would be trained.
class BatchNormTest : public ::testing::Test {
 protected:
  BatchNormTest() : detector_(Build(std::string(kMicroBackbone) + "linear {}")) {}

  bool StatisticsMove() {
    detector_->train();
    const at::Tensor mean = detector_->named_buffers()[std::string(kNorm) + ".running_mean"];
    const at::Tensor before = mean.clone();
    InputSize size = {2, 2, 32, 32};
    DetectorInput input = MakeInput(size, detector_->needs());
    input.slow = input.slow + 3;
    detector_->Forward(input);
    return !at::equal(mean, before);
  }
  bool ScaleIsTrained() {
    return detector_->named_parameters()[std::string(kNorm) + ".weight"].requires_grad();
  }
  bool ShiftIsTrained() {
    return detector_->named_parameters()[std::string(kNorm) + ".bias"].requires_grad();
  }

  std::shared_ptr<ActionDetector> detector_;
};

TEST_F(BatchNormTest, FrozenKeepsAll) {
  SetBatchNorm(TrainConfig::FROZEN, *detector_);
  EXPECT_FALSE(StatisticsMove());
  EXPECT_FALSE(ScaleIsTrained());
  EXPECT_FALSE(ShiftIsTrained());
}

TEST_F(BatchNormTest, FrozenStatisticsTrainsScaleAndShift) {
  SetBatchNorm(TrainConfig::FROZEN, *detector_);
  SetBatchNorm(TrainConfig::FROZEN_STATISTICS, *detector_);
  EXPECT_FALSE(StatisticsMove());
  EXPECT_TRUE(ScaleIsTrained());
  EXPECT_TRUE(ShiftIsTrained());
  InputSize size = {2, 2, 32, 32};
  detector_->Forward(MakeInput(size, detector_->needs())).logits.square().sum().backward();
  for (const char* part : {".weight", ".bias"}) {
    const at::Tensor gradient = detector_->named_parameters()[kNorm + std::string(part)].grad();
    ASSERT_TRUE(gradient.defined()) << part;
    EXPECT_GT(gradient.abs().max().item<float>(), 0) << part;
  }
}

TEST_F(BatchNormTest, TrainedLearnsAll) {
  SetBatchNorm(TrainConfig::FROZEN, *detector_);
  SetBatchNorm(TrainConfig::TRAINED, *detector_);
  EXPECT_TRUE(StatisticsMove());
  EXPECT_TRUE(ScaleIsTrained());
  EXPECT_TRUE(ShiftIsTrained());
}

}  // namespace
}  // namespace mrsn::experiments
