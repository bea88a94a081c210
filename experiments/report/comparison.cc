#include "experiments/report/comparison.h"

#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/load_evaluation.h"
#include "eval/protocol.h"
#include "experiments/report/result_set.h"
#include "experiments/report/run_folders.h"
#include "experiments/tables/result_files.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Files give the value that the evaluation measured but for the order of sums.
constexpr double kRounding = 1e-9;

absl::StatusOr<ComparedResult> ReadOne(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, ReadAllMeasurements(path));
  if (measured.size() != 1 || measured[0].second.results.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(ShownPath(path), ": holds several results; name one, seed<k>.textproto"));
  }
  ComparedResult compared;
  compared.path = path;
  compared.result = std::move(measured[0].second.results[0]);
  compared.name = absl::StrCat(compared.result.experiment(), " seed ", compared.result.seed());
  return compared;
}

void MakeNamesDiffer(std::vector<ComparedResult>* results) {
  std::multiset<std::string> names;
  for (const ComparedResult& compared : *results) names.insert(compared.name);
  for (ComparedResult& compared : *results) {
    if (names.count(compared.name) > 1) absl::StrAppend(&compared.name, " (", ShownPath(compared.path), ")");
  }
}

absl::StatusOr<eval::FrameMapEvaluator> Load(const ComparedResult& compared, int threads) {
  const Result& result = compared.result;
  MRSN_ASSIGN_OR_RETURN(const ScoredFiles scored, FindScoredFiles(compared.path, result));
  eval::EvaluationFiles files;
  MRSN_ASSIGN_OR_RETURN(files.protocol, eval::ParseProtocol(result.protocol()));
  files.dataset = eval::RulesOf(files.protocol).dataset;
  files.iou_threshold = result.iou_threshold();
  files.ground_truth = scored.ground_truth;
  files.detections = scored.detections;
  files.num_threads = threads;
  for (const ClassScore& score : result.per_class()) {
    files.classes.push_back({score.id(), score.name(), score.kind()});
  }
  MRSN_ASSIGN_OR_RETURN(eval::LoadedEvaluation loaded, eval::LoadEvaluation(files));
  const auto value = loaded.evaluator.Compute().frame_map;
  if (value.has_value() != result.has_frame_map() ||
      (value.has_value() && std::abs(*value - result.frame_map()) > kRounding)) {
    return absl::DataLossError(absl::StrFormat(
        "%s: does not belong to %s: its frame-mAP is %s, the result says %s", ShownPath(scored.detections),
        ShownPath(compared.path), value ? absl::StrFormat("%.6f", *value) : "undefined",
        result.has_frame_map() ? absl::StrFormat("%.6f", result.frame_map()) : "none"));
  }
  return std::move(loaded.evaluator);
}

}  // namespace

absl::StatusOr<ScoredFiles> FindScoredFiles(const std::string& result_path, const Result& result) {
  const std::filesystem::path path = std::filesystem::absolute(result_path).lexically_normal();
  const std::string stem = (path.parent_path() / path.stem()).string();
  const ScoredFiles beside = {stem + ".detections.csv", stem + ".groundtruth.csv"};
  if (FileExists(beside.detections) && FileExists(beside.ground_truth)) return beside;
  // <out>/results/<experiment>/seed<k>.textproto and <out>/runs/<experiment>/seed<k>-<identity>/
  std::string root = path.parent_path().string();
  std::string runs = "the folder of its run";
  if (absl::EndsWith(root, absl::StrCat("/", result.experiment()))) {
    root.resize(root.size() - result.experiment().size() - 1);
    runs = (std::filesystem::path(root).parent_path() / "runs").string();
    MRSN_ASSIGN_OR_RETURN(const std::string folder, RunFolderOf(runs, result));
    const ScoredFiles of_run = {folder + "/detections.csv", folder + "/groundtruth.csv"};
    if (!folder.empty() && FileExists(of_run.detections) && FileExists(of_run.ground_truth)) return of_run;
  }
  return absl::NotFoundError(
      absl::StrCat(ShownPath(result_path), ": its detections and ground truth are neither ",
                   ShownPath(beside.detections), " and ", ShownPath(beside.ground_truth), " nor in ",
                   ShownPath(runs), "; //experiments:evaluate writes them for the result's weights"));
}

absl::StatusOr<ResultComparison> CompareResults(const std::vector<std::string>& paths,
                                                const eval::BootstrapOptions& options) {
  if (paths.size() < 2) return absl::InvalidArgumentError("two or more results are compared");
  ResultComparison comparison;
  for (const std::string& path : paths) {
    MRSN_ASSIGN_OR_RETURN(ComparedResult compared, ReadOne(path));
    comparison.results.push_back(std::move(compared));
  }
  MakeNamesDiffer(&comparison.results);
  const ComparedResult& baseline = comparison.results[0];
  for (const ComparedResult& compared : comparison.results) {
    MRSN_RETURN_IF_ERROR(CheckSameEvaluation(baseline.result, baseline.name, compared.result, compared.name));
  }
  MRSN_ASSIGN_OR_RETURN(const eval::FrameMapEvaluator first, Load(baseline, options.num_threads));
  for (size_t r = 1; r < comparison.results.size(); ++r) {
    MRSN_ASSIGN_OR_RETURN(const eval::FrameMapEvaluator other,
                          Load(comparison.results[r], options.num_threads));
    MRSN_ASSIGN_OR_RETURN(eval::Comparison pair, eval::Compare(first, other, options));
    comparison.with_baseline.push_back(std::move(pair));
  }
  return comparison;
}

std::vector<std::string> WorseBy(const ResultComparison& comparison, double points) {
  std::vector<std::string> worse;
  for (size_t p = 0; p < comparison.with_baseline.size(); ++p) {
    const eval::Difference& all = comparison.with_baseline[p].frame_map;
    const std::string& name = comparison.results[p + 1].name;
    if (!all.difference.has_value() || !all.interval.has_value()) {
      worse.push_back(absl::StrCat(name, " has no frame-mAP to compare"));
    } else if (*all.difference < -points / 100 && all.interval->second < 0) {
      worse.push_back(absl::StrFormat("%s is worse than %s by %.2f points (95 %% interval %+.2f to %+.2f)",
                                      name, comparison.results[0].name, -100 * *all.difference,
                                      100 * all.interval->first, 100 * all.interval->second));
    }
  }
  return worse;
}

}  // namespace mrsn::experiments
