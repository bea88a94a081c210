// Every head and detector of the tables learns: a short training on a little data ends with a lower
// loss and a frame-mAP clearly above chance, by the same trainer and evaluator as the tables.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/run_settings.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

constexpr char kFolder[] = "smoke/learn/";
constexpr int kIterations = 10;  // averaged at either end of the training

std::string Configs() { return DataFilesRoot() + "/experiments/configs"; }

// A random order of the persons has, for each class, the share of persons who do it as its AP.
double ChanceOf(const DatasetConfig& config, const std::string& data_root) {
  const auto dataset = datasets::OpenDataset(config, datasets::Usage::kInference, data_root);
  if (!dataset.ok()) ADD_FAILURE() << dataset.status();
  std::set<std::tuple<std::string, int64_t, int>> persons;
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

// A copy of the bundled clips with flow beside them.
std::string ClipsWithFlow(DatasetConfig config) {
  const std::string root = ::testing::TempDir() + "/ucf24";
  std::filesystem::copy(DataFilesRoot() + "/datasets/ucf24/testdata", root,
                        std::filesystem::copy_options::recursive);
  config.clear_flow();
  const auto clips = datasets::OpenDataset(config, datasets::Usage::kInference, root);
  if (!clips.ok()) {
    ADD_FAILURE() << clips.status();
    return root;
  }
  const auto report = datasets::ComputeFlows((*clips)->VideoPaths(), datasets::FlowMethod::kDis, 1);
  EXPECT_TRUE(report.ok() && report->failed.empty());
  return root;
}

void ExpectLearns(const std::string& experiment) {
  RunSettings settings = DefaultSettings(::testing::TempDir() + "/learning");
  const auto resolved = LoadExperiment(settings.configs_root, experiment);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  if (resolved->experiment.eval_data().has_flow()) {
    settings.data_root = ClipsWithFlow(resolved->experiment.eval_data());
  }
  const auto finished = RunExperiment({experiment, "", "", 0}, settings);
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
  const auto all = ListExperiments(Configs());
  if (!all.ok()) return names;
  for (const std::string& name : *all) {
    if (absl::StartsWith(name, kFolder)) names.push_back(name);
  }
  return names;
}

// The experiment that writes the relation bank of `name`, or `name`.
std::string WriterFor(const std::string& name) {
  const auto resolved = LoadExperiment(Configs(), name);
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
    ExpectLearns(name);
  }
}

TEST(LearningTest, ThereAreExperiments) { EXPECT_GE(Names().size(), 13); }

INSTANTIATE_TEST_SUITE_P(Rows, LearningTest, ::testing::ValuesIn(Writers()), [](const auto& info) {
  std::string name = info.param.substr(sizeof(kFolder) - 1);
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace mrsn::experiments
