#include "experiments/report/scored_files.h"

#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/load_evaluation.h"
#include "eval/protocol.h"
#include "experiments/report/run_folders.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Files give the value that the evaluation measured but for the order of sums.
constexpr double kRounding = 1e-9;

bool BothExist(const ScoredFiles& files) {
  return FileExists(files.detections) && FileExists(files.ground_truth);
}

// runs/ beside the folder of results in which the result's file lies; "" if it lies in none.
std::string RunsBeside(const std::filesystem::path& result, const std::string& experiment) {
  std::string root = result.parent_path().string();
  if (!absl::EndsWith(root, absl::StrCat("/", experiment))) return "";
  root.resize(root.size() - experiment.size() - 1);
  return (std::filesystem::path(root).parent_path() / "runs").string();
}

}  // namespace

absl::StatusOr<ScoredFiles> FindScoredFiles(const std::string& result_path, const Result& result,
                                            const std::string& runs_root) {
  std::string tried, runs = runs_root;
  if (!result_path.empty()) {
    const std::filesystem::path path = std::filesystem::absolute(result_path).lexically_normal();
    const std::string stem = (path.parent_path() / path.stem()).string();
    const ScoredFiles beside = {stem + ".detections.csv", stem + ".groundtruth.csv"};
    if (BothExist(beside)) return beside;
    tried = absl::StrCat("neither ", ShownPath(beside.detections), " and ", ShownPath(beside.ground_truth),
                         " nor ");
    if (runs.empty()) runs = RunsBeside(path, result.experiment());
  } else {
    tried = "not ";
  }
  if (!runs.empty()) {
    MRSN_ASSIGN_OR_RETURN(const std::string folder, RunFolderOf(runs, result));
    const ScoredFiles of_run = {folder + "/detections.csv", folder + "/groundtruth.csv"};
    if (!folder.empty() && BothExist(of_run)) return of_run;
  }
  const std::string name = result_path.empty() ? absl::StrCat(result.experiment(), " seed ", result.seed())
                                               : ShownPath(result_path);
  return absl::NotFoundError(absl::StrCat(name, ": its detections and ground truth are ", tried, "in ",
                                          runs.empty() ? "the folder of its run" : ShownPath(runs),
                                          "; //experiments:evaluate writes them for the result's weights"));
}

absl::StatusOr<eval::FrameMapEvaluator> LoadScored(const ScoredFiles& scored, const Result& result,
                                                   const std::string& shown, int threads) {
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
        shown, value ? absl::StrFormat("%.6f", *value) : "undefined",
        result.has_frame_map() ? absl::StrFormat("%.6f", result.frame_map()) : "none"));
  }
  return std::move(loaded.evaluator);
}

}  // namespace mrsn::experiments
