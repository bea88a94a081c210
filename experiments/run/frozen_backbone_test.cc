// Runs whose heads are trained on stored maps.
#include "experiments/run/frozen_backbone.h"

#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/run/run_experiment.h"
#include "experiments/testing/tiny_experiments.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

class FrozenBackboneTest : public ::testing::Test {
 protected:
  FrozenBackboneTest() {
    const std::string folder = absl::StrCat(::testing::TempDir(), "frozen.", ::getpid(), "/",
                                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    settings_.configs_root = folder + "/configs";
    settings_.output_root = folder + "/out";
    WriteTinyExperiments(settings_.configs_root);
    const std::string frozen = "train { batch_norm: FROZEN frozen_backbone: true }\n";
    Write("frozen", "base: \"short\"\n" + frozen);
    Write("other", "base: \"short\"\nmodel { mrsn { aare {} } }\n" + frozen);
    Write("frozen_long", "base: \"short\"\nmodel { mrsn { long_term {} } }\n" + frozen +
                             "inputs { relation_bank_from: \"frozen\" }\n");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(settings_.configs_root + "/" + name + ".textproto", text).ok());
  }
  FinishedRun Run(const std::string& experiment) {
    auto finished = RunExperiment({experiment, "", "", 1}, settings_);
    EXPECT_TRUE(finished.ok()) << finished.status();
    return finished.ok() ? *finished : FinishedRun();
  }
  std::set<std::string> Features() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.output_root + "/features")) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
  // The backbone of the only run of an experiment with this seed.
  Safetensors WeightsOf(const std::string& experiment, int seed) const {
    const std::string runs = absl::StrCat(settings_.output_root, "/runs/", experiment);
    for (const auto& entry : std::filesystem::directory_iterator(runs)) {
      if (!absl::StartsWith(entry.path().filename().string(), absl::StrCat("seed", seed, "-"))) continue;
      auto weights = ReadSafetensors(entry.path() / "weights.safetensors");
      EXPECT_TRUE(weights.ok()) << weights.status();
      return *std::move(weights);
    }
    ADD_FAILURE() << "no run of " << experiment;
    return {};
  }

  RunSettings settings_;
};

TEST_F(FrozenBackboneTest, HeadsShareTheMapsAndLeaveTheBackboneAsItWas) {
  const FinishedRun first = Run("frozen");
  EXPECT_TRUE(first.result.has_frame_map());
  EXPECT_GT(first.result.multiply_adds().total(), 0);  // counted for clips, although none was shown
  const std::set<std::string> features = Features();
  EXPECT_EQ(features.size(), 2u);  // of training and evaluation
  Run("other");
  EXPECT_EQ(Features(), features);
  const Safetensors before = WeightsOf("pre", 0), after = WeightsOf("frozen", 1);
  int compared = 0;
  for (const auto& [name, tensor] : before.tensors) {
    if (!absl::StartsWith(name, "backbone.")) continue;
    ++compared;
    EXPECT_TRUE(at::equal(after.tensors.at(name), tensor)) << name;
  }
  EXPECT_GT(compared, 4);
}

TEST_F(FrozenBackboneTest, ABankIsWrittenFromMaps) {
  const FinishedRun run = Run("frozen_long");
  EXPECT_TRUE(run.result.has_frame_map());
  EXPECT_GE(Features().size(), 3u);  // of training, of the training videos' bank, and of the evaluation
}

}  // namespace
}  // namespace mrsn::experiments
