// Heads whose work differs from rank to rank train the same weights as in one process.
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/engine/train_as_ranks.h"
#include "experiments/testing/bank_for_model.h"
#include "gtest/gtest.h"
#include "ops/base/random.h"

namespace mrsn::experiments {
namespace {

// Only clips of "video" have entries in the bank, so that most batches have ranks whose windows are empty,
// and ranks with entries for nobody. Heads whose masks are drawn for entries, too.
TEST_F(RanksTest, WindowsThatOnlySomeRanksHave) {
  config_.set_epochs(3);
  config_.set_learning_rate(0.005);  // steps that do not magnify the order of sums
  const Clips clips;
  int heads = 0;
  for (const std::string& head :
       {absl::StrCat(kMicroBackbone, "mrsn { ", kMicroHead,
                     " long_term { inner_width: 8 window_seconds: 2 } }"),
        absl::StrCat(kMicroBackbone, "lfb { width: 8 window_seconds: 2 sampled_per_second: 1 }"),
        absl::StrCat(kMicroBackbone, "lfb { operator: MAX window_seconds: 2 sampled_per_second: 1 }"),
        absl::StrCat(kMicroBackbone, "acar { width: 8 reduced_width: 8 long_term { window_seconds: 2 } }"),
        absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 window_seconds: 2 }"),
        absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 window_seconds: 2 ",
                     "padding { persons: 4 memory_per_second: 2 } }")}) {
    SCOPED_TRACE(head);
    const std::string name = absl::StrCat("head ", ++heads);
    const BankNeeds needs = *Model(head)->needs().bank;
    const auto bank = BankForModel(needs.width, {900, 901, 902, 905, 906, 907, 911, 915, 917},
                                   Options("bank" + name).checkpoint_folder);
    ASSERT_NE(bank, nullptr);
    ExpectOneTwoAndFourAlike(clips, name, head, {bank.get(), static_cast<int>(needs.radius)});
  }
}

TEST_F(RanksTest, AMemoryOfItsOwn) {
  config_.set_epochs(3);
  config_.set_learning_rate(0.01);
  ExpectOneTwoAndFourAlike(Clips(), "",
                           absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 ",
                                        "window_seconds: 3 asynchronous_memory: true }"));
}

// Clips for a detector that finds its own boxes: twelve frames of noise, and tubelets.
class Tubes : public Clips {
 public:
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t seed) const override {
    auto sample = Clips::Load(index, seed);
    if (!sample.ok()) return sample;
    constexpr int kFrames = 12;
    sample->slow.frames = kFrames;
    SplitMix64 random(index);
    sample->slow.values.resize(sample->slow.values.size() * kFrames);
    for (uint8_t& value : sample->slow.values) value = static_cast<uint8_t>(random.Below(16));
    for (datasets::Actor& actor : sample->actors) actor.tubelet.assign(kFrames, actor.box);
    return sample;
  }
};

double Largest(const at::Tensor& values) { return values.abs().max().item<double>(); }

// A later step would match other proposals after differences of a rounding.
TEST_F(RanksTest, AStepOfADetectorThatFindsItsOwnBoxes) {
  config_.set_epochs(0.125);
  config_.set_learning_rate(1e-4);
  const std::string step = "num_classes: 5 step { flow: false width_divisor: 8 dropout: 0.3 }";
  const Tubes clips;
  const Trained alone = Run(1, clips, "1", step);
  ASSERT_EQ(alone.losses.size(), 1);
  const std::vector<at::Tensor> before = Model(step)->parameters();
  ASSERT_EQ(before.size(), alone.weights.size());
  for (const int ranks : {2, 4}) {
    SCOPED_TRACE(absl::StrCat(ranks, " ranks"));
    const Trained found = Run(ranks, clips, absl::StrCat(ranks), step);
    ASSERT_EQ(found.losses.size(), 1);
    EXPECT_NEAR(found.losses[0] / alone.losses[0], 1, 1e-6);
    for (size_t p = 0; p < found.weights.size(); ++p) {
      // Sums of clips in another order, and one rounding of the weight. A rank that is left out is a tenth at
      // least.
      EXPECT_LE(Largest(found.weights[p] - alone.weights[p]),
                1e-3 * Largest(alone.weights[p] - before[p]) + 2e-7 * Largest(before[p]));
    }
  }
}

}  // namespace
}  // namespace mrsn::experiments
