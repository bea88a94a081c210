// The rows of detect are those of an evaluation with the same weights, boxes and key frames.
#include <ATen/ATen.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "datasets/open_dataset.h"
#include "datasets/stream/stream_config.h"
#include "experiments/config/config.h"
#include "experiments/detect/clip_scorer.h"
#include "experiments/detect/detect_video.h"
#include "experiments/detect/video_bank.h"
#include "experiments/engine/bank_filling.h"
#include "experiments/engine/evaluation.h"
#include "experiments/testing/tiny_experiments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

std::string Folder(const std::string& name) {
  const std::string root = absl::StrCat(::testing::TempDir(), "/same_scores.", ::getpid(), ".", name);
  std::filesystem::create_directories(root);
  return root;
}

// The scores by the rest of their rows.
std::map<std::string, double> Scores(const std::string& path) {
  std::map<std::string, double> scores;
  const absl::StatusOr<std::string> text = ReadFile(path);
  EXPECT_TRUE(text.ok()) << text.status();
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const size_t comma = line.rfind(',');
    EXPECT_TRUE(absl::SimpleAtod(line.substr(comma + 1), &scores[std::string(line.substr(0, comma))]));
  }
  return scores;
}

// A world of one video, evaluated and detected with one experiment.
class SameScoresTest : public ::testing::Test {
 protected:
  void Open(const std::string& name) {
    root_ = Folder(name);
    WriteTinyExperiments(root_);
    resolved_ = *LoadExperiment(root_, name);
    const Experiment& experiment = resolved_.experiment;
    dataset_ = *datasets::OpenDataset(experiment.eval_data(), datasets::Usage::kInference, "", {root_});
    data_ = *datasets::ReadStreamConfig(experiment.eval_data(), "");
    video_ = dataset_->Videos().at(0).path;
    PersonFileOptions boxes;
    boxes.min_score = data_.inference_score;
    file_ = *PersonFile::Read((video_.parent_path().parent_path() / "val_boxes.csv").string(), boxes);
    persons_ = *file_.For(video_.stem());
    scorer_ = *ClipScorer::Make(resolved_, {"random:3", 15, "cpu", 1});
  }

  void Evaluate(const BankWindows& bank) {
    at::manual_seed(3);
    const auto model = *BuildDetector(resolved_.experiment.model(), at::kCPU);
    EvaluationOptions evaluation;
    evaluation.config = resolved_.experiment.eval();
    evaluation.detections_path = root_ + "/evaluated.csv";
    const auto result = experiments::Evaluate(evaluation, *dataset_, bank, *model);
    ASSERT_TRUE(result.ok()) << result.status();
  }

  void Detect() {
    DetectVideoOptions options;
    options.name = video_.stem();
    options.path = video_;
    options.clips = {data_.clip, data_.transform, data_.rate, 1};
    options.first_second = 900;
    options.output_stem = root_ + "/detected";
    options.classes = data_.classes;
    const auto detected = DetectVideo(
        options, *persons_, [&](datasets::Sample sample) { return scorer_->Score(std::move(sample)); });
    ASSERT_TRUE(detected.ok()) << detected.status();
  }

  // The largest difference of a score; every row of the evaluation is there.
  double Difference() {
    const std::map<std::string, double> expected = Scores(root_ + "/evaluated.csv");
    const std::map<std::string, double> found = Scores(root_ + "/detected.csv");
    EXPECT_GE(expected.size(), 15u * 4);
    double most = 0;
    for (const auto& [row, score] : expected) {
      EXPECT_EQ(found.count(row), 1u) << row;
      if (found.count(row) > 0) most = std::max(most, std::abs(found.at(row) - score));
    }
    return most;
  }

  std::string root_;
  ResolvedExperiment resolved_;
  std::unique_ptr<datasets::Dataset> dataset_;
  datasets::StreamConfig data_;
  std::filesystem::path video_;
  PersonFile file_;
  std::unique_ptr<PersonFinder> persons_;
  std::unique_ptr<ClipScorer> scorer_;
};

// Clips are computed one by one here and in batches there, so that sums may be rounded in another way.
TEST_F(SameScoresTest, AsAnEvaluation) {
  Open("short");
  Evaluate({});
  Detect();
  EXPECT_LT(Difference(), 1e-6);
}

TEST_F(SameScoresTest, WithABankAsAnEvaluation) {
  Open("long");
  const ResolvedExperiment short_term = *LoadExperiment(root_, "short");
  const auto seconds =
      *datasets::OpenDataset(resolved_.experiment.eval_data(), datasets::Usage::kBank, "", {root_});
  at::manual_seed(4);
  const auto model = *BuildDetector(short_term.experiment.model(), at::kCPU);
  ASSERT_TRUE(FillBank({}, root_ + "/bank", *seconds, *model).ok());
  const auto bank = RelationBank::OpenAny(root_ + "/bank");
  ASSERT_TRUE(bank.ok()) << bank.status();
  Evaluate({bank->get(), static_cast<int>(scorer_->needs().bank->radius)});

  const auto writer = ClipScorer::Make(short_term, {"random:4", 15, "cpu", 1});
  ASSERT_TRUE(writer.ok()) << writer.status();
  VideoBankOptions options;
  options.name = video_.stem();
  options.path = video_;
  options.clips = {data_.clip, data_.transform, data_.rate, 1};
  options.first_second = 900;
  options.folder = root_ + "/video_bank";
  {
    const auto video_bank = VideoBank::Write(options, *persons_, **writer);
    ASSERT_TRUE(video_bank.ok()) << video_bank.status();
    EXPECT_TRUE(FileExists(options.folder));
    scorer_->ReadBank(&(*video_bank)->bank());
    Detect();
    // Features are stored in half precision: a rounding may differ in its last digit.
    EXPECT_LT(Difference(), 1e-4);
    scorer_->ReadBank(nullptr);
  }
  EXPECT_FALSE(FileExists(options.folder));
  Detect();
  EXPECT_GT(Difference(), 1e-3);  // the bank matters
}

TEST(ClipScorerTest, ModelsThatDoNotFitAreRefused) {
  const std::string root = Folder("refused");
  WriteTinyExperiments(root);
  const auto error = [&](const ClipScorerOptions& options) {
    return std::string(ClipScorer::Make(*LoadExperiment(root, "short"), options).status().message());
  };
  EXPECT_EQ(error({"random:0", 80, "cpu", 1}),
            "short: its model has 15 classes, the class list 80; --class_list names the right one");
  EXPECT_EQ(error({"random:x", 15, "cpu", 1}),
            "checkpoint random:x: expected random:<seed>, such as random:0");
  EXPECT_THAT(error({"/none.safetensors", 15, "cpu", 1}), HasSubstr("/none.safetensors"));
}

}  // namespace
}  // namespace mrsn::experiments
