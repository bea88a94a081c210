// The head learns: a short training on a little data ends with a lower loss and a frame-mAP clearly above
// chance, by the same trainer and evaluator as the tables.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/open_dataset.h"
#include "datasets/ucf24/acted_clips.h"
#include "datasets/ucf24/real_clips.h"
#include "experiments/config/config.h"
#include "experiments/heads/experiments_of_head.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/run_settings.h"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::experiments {
namespace {

constexpr char kFolder[] = "smoke/learn/";
constexpr int kIterations = 10;  // averaged at either end of the training
constexpr char kRealClips[] = "ucf24/real_clips";
// A third of its training learns three clips by heart, too.
constexpr char kShort[] = "train { epochs: 4 decay_epochs: 3 }";

// A random order of the persons has, for each class, the share of persons who do it as its AP.
double ChanceOf(const DatasetConfig& config, const std::string& data_root) {
  const auto dataset = datasets::OpenDataset(config, datasets::Usage::kInference, data_root);
  if (!dataset.ok()) ADD_FAILURE() << dataset.status();
  std::set<std::tuple<std::string, Timestamp, int>> persons;
  std::set<int> classes;
  int64_t rows = 0;
  for (const datasets::AnnotatedBox& box : (*dataset)->GroundTruth()) {
    persons.insert({box.keyframe.video, box.keyframe.timestamp, box.person_id});
    classes.insert(box.class_id);
    ++rows;
  }
  return static_cast<double>(rows) / (classes.size() * persons.size());
}

std::vector<double> Losses(const std::string& output_root, const std::string& experiment) {
  std::vector<double> losses;
  for (const auto& run : std::filesystem::directory_iterator(output_root + "/runs/" + experiment)) {
    const std::string log = *ReadFile(run.path() / "train.jsonl");
    for (const absl::string_view line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
      losses.push_back(nlohmann::json::parse(line)["loss"]);
    }
  }
  return losses;
}

double Mean(std::vector<double>::const_iterator begin, std::vector<double>::const_iterator end) {
  return std::accumulate(begin, end, 0.0) / (end - begin);
}

// One size of frame, which norms in training need, and persons that are not small.
const std::vector<std::string> kClipsOfOneSize = {"Diving/v_Diving_g01_c01",
                                                  "SoccerJuggling/v_SoccerJuggling_g23_c01",
                                                  "TrampolineJumping/v_TrampolineJumping_g01_c01"};

enum class Clips { kGenerated, kReal };

// A data root of UCF101-24's layout for `experiment`, with flow beside the clips if the experiment reads
// flow.
std::string ClipsRoot(const Experiment& experiment, Clips clips) {
  const std::string root = ::testing::TempDir() + (clips == Clips::kReal ? "/real" : "/generated");
  absl::Status made =
      clips == Clips::kReal ? datasets::MakeRealClips(root) : datasets::WriteActedClips({}, root);
  if (made.ok() && clips == Clips::kReal) {
    made = WriteFileAtomically(root + "/clips.txt", absl::StrJoin(kClipsOfOneSize, "\n") + "\n");
  }
  EXPECT_TRUE(made.ok()) << made;
  DatasetConfig config = experiment.eval_data();
  if (!config.has_flow()) return root;
  config.clear_flow();
  const auto dataset = datasets::OpenDataset(config, datasets::Usage::kInference, root);
  if (!dataset.ok()) {
    ADD_FAILURE() << dataset.status();
    return root;
  }
  const auto report = datasets::ComputeFlows((*dataset)->Videos(), datasets::FlowMethod::kDis, 1);
  EXPECT_TRUE(report.ok() && report->failed.empty());
  return root;
}

void ExpectLearns(const std::string& experiment, Clips clips) {
  RunSettings settings =
      DefaultSettings(::testing::TempDir() + (clips == Clips::kReal ? "/learning_real" : "/learning"));
  const auto resolved = LoadExperiment(settings.configs_root, experiment);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  if (resolved->experiment.eval_data().has_ucf24()) {
    settings.data_root = ClipsRoot(resolved->experiment, clips);
  }
  const std::string override_text = experiment == kRealClips ? kShort : "";
  const auto finished = RunExperiment({experiment, override_text, experiment, 0}, settings);
  ASSERT_TRUE(finished.ok()) << finished.status();
  const Result& result = finished->result;
  const std::vector<double> losses = Losses(settings.output_root, experiment);
  ASSERT_GT(losses.size(), 2 * kIterations);
  const double first = Mean(losses.begin(), losses.begin() + kIterations);
  const double last = Mean(losses.end() - kIterations, losses.end());
  const double chance = ChanceOf(resolved->experiment.eval_data(), settings.data_root);
  std::printf("%s: loss %.4f to %.4f, frame-mAP %.4f, chance %.4f\n", experiment.c_str(), first, last,
              result.frame_map(), chance);
  EXPECT_LT(last, 0.8 * first);
  // Of a detector that finds its own boxes, chance is what perfect boxes with random classes would give.
  const bool finds_boxes = resolved->experiment.model().has_act() || resolved->experiment.model().has_step();
  EXPECT_GT(result.frame_map(), (finds_boxes ? 1.2 : 1.8) * chance);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const std::string& name : ExperimentsOfHead()) {
    if (absl::StartsWith(name, kFolder)) names.push_back(name);
  }
  return names;
}

// The experiment that writes the relation bank of `name`, or `name`.
std::string WriterFor(const std::string& name) {
  const auto resolved = LoadExperiment(ConfigsRoot(), name);
  if (!resolved.ok() || !resolved->experiment.inputs().has_relation_bank_from()) return name;
  return resolved->experiment.inputs().relation_bank_from();
}

std::vector<std::string> Writers() {
  std::set<std::string> writers;
  for (const std::string& name : Names()) writers.insert(WriterFor(name));
  return {writers.begin(), writers.end()};
}

class LearningTest : public ::testing::TestWithParam<std::string> {};

// One folder for all experiments that read one writer's bank: the writer is trained once.
TEST_P(LearningTest, LossFallsAndScoresRiseAboveChance) {
  for (const std::string& name : Names()) {
    if (WriterFor(name) != GetParam()) continue;
    SCOPED_TRACE(name);
    ExpectLearns(name, Clips::kGenerated);
  }
}

bool ReadsClips(const std::string& name) {
  const auto resolved = LoadExperiment(ConfigsRoot(), name);
  return resolved.ok() && resolved->experiment.eval_data().has_ucf24();
}

// The experiments of UCF101-24's layout.
std::vector<std::string> ClipsNames() {
  std::vector<std::string> names;
  if (HasHeadUnderTest(kRealClips)) names.push_back(kRealClips);
  for (const std::string& name : Names()) {
    if (ReadsClips(name)) names.push_back(name);
  }
  return names;
}

class RealClipsLearningTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RealClipsLearningTest, LossFallsAndScoresRiseAboveChance) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  ExpectLearns(GetParam(), Clips::kReal);
}

TEST(LearningTest, ThereAreExperiments) { EXPECT_FALSE(Names().empty()) << "none under " << kFolder; }

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  return ExperimentTestName({std::string(absl::StripPrefix(info.param, kFolder)), info.index});
}

// Most heads read no clips of UCF101-24.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealClipsLearningTest);
INSTANTIATE_TEST_SUITE_P(Rows, LearningTest, ::testing::ValuesIn(Writers()), TestName);
INSTANTIATE_TEST_SUITE_P(Rows, RealClipsLearningTest, ::testing::ValuesIn(ClipsNames()), TestName);

}  // namespace
}  // namespace mrsn::experiments
