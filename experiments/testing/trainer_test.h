// A training of two weights whose numbers can be worked out by hand.
#ifndef MRSN_EXPERIMENTS_TESTING_TRAINER_TEST_H_
#define MRSN_EXPERIMENTS_TESTING_TRAINER_TEST_H_

#include <ATen/ATen.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/engine/trainer.h"
#include "experiments/testing/fake_dataset.h"
#include "experiments/testing/fake_detector.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {

// The loss is pull_a a + pull_b b, times `noise` and a number drawn at random: the gradients of the two
// weights are the pulls.
class PulledWeights : public FakeDetector {
 public:
  PulledWeights(double pull_a, double pull_b) : pull_a_(pull_a), pull_b_(pull_b) {
    a = register_parameter("a", at::ones({}));
    b = register_parameter("b", at::ones({}));
  }
  LossOutput Loss(const DetectorInput&, const Truth&, ClassLoss) override {
    if (root) return {(a - 1).sqrt() + b, {}, {}};
    if (calls == signal_call) std::raise(SIGTERM);
    const at::Tensor loss = pull_a_ * a + pull_b_ * b;
    if (calls++ == broken_call) return {loss * broken_value, {}, {}};
    return {noise ? loss * at::rand({}) : loss, {}, {}};
  }

  at::Tensor a, b;
  bool noise = false;
  bool root = false;  // the loss is sqrt(a - 1) + b, whose derivative by a is infinite at first
  int calls = 0;
  int signal_call = -1;  // SIGTERM comes during it
  int broken_call = -1;
  double broken_value = std::numeric_limits<double>::quiet_NaN();

 private:
  const double pull_a_, pull_b_;
};

class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest() : clips_(std::vector<datasets::FrameSize>(8, {8, 8})) {
    const std::string folder = absl::StrCat(::testing::TempDir(), "trainer.", ::getpid(), "/",
                                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    options_.title = "train it";
    options_.about.set_identity("this run");
    options_.about.set_seed(7);
    options_.checkpoint_folder = folder + "/checkpoints";
    options_.log_path = folder + "/train.jsonl";
    config_.set_batch_size(2);
    config_.set_epochs(1);  // 4 iterations
    config_.set_learning_rate(0.1);
    config_.set_checkpoint_every_iterations(2);
  }

  absl::Status Run(Detector& model) { return Train(options_, config_, clips_, {}, model).status(); }

  // "iteration loss rate" of every line of the log.
  std::vector<std::string> Log() const {
    std::vector<std::string> lines;
    const auto log = ReadFile(options_.log_path);
    if (!log.ok()) return {std::string(log.status().message())};
    for (const absl::string_view line : absl::StrSplit(*log, '\n', absl::SkipEmpty())) {
      const auto entry = nlohmann::json::parse(line);
      lines.push_back(absl::StrCat(entry["iteration"].get<int>(), " ", entry["loss"].get<double>(), " ",
                                   entry["learning_rate"].get<double>()));
    }
    return lines;
  }

  std::vector<std::string> Checkpoints() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(options_.checkpoint_folder)) {
      files.push_back(entry.path().filename());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  const FakeDataset clips_;
  TrainOptions options_;
  TrainConfig config_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_TRAINER_TEST_H_
