#include "experiments/run/data_check.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/check/check_dataset.h"
#include "datasets/check/report.h"
#include "google/protobuf/util/message_differencer.h"
#include "ops/base/parallel.h"

namespace mrsn::experiments {
namespace {

constexpr int kShown = 3;  // findings of one kind

// The parts of a config that decide about files and rows.
DatasetConfig FilesOf(DatasetConfig config) {
  config.clear_clip();
  config.clear_transform();
  config.clear_cache_megabytes();
  config.clear_flow();
  return config;
}

// Errors that make single clips unreadable. Opening the data says whether they are too many.
int64_t Unreadable(const datasets::CheckReport& report) {
  static const auto* codes = new std::set<std::string>{
      "missing_video", "empty_file",   "empty_folder",     "hole",      "keyframe_beyond_end",
      "broken_image",  "size_changes", "unreadable_video", "cut_video", "keyframe_before_start"};
  return std::count_if(
      report.findings.begin(), report.findings.end(), [](const datasets::CheckFinding& finding) {
        return finding.severity == datasets::CheckSeverity::kError && codes->count(finding.code) > 0;
      });
}

// Every config names both splits; a run trains on that of `train`, and is scored on that of `eval` with the
// boxes above the score of `eval`.
void NameTheSplitsOfTheRun(DatasetConfig* train, DatasetConfig* eval) {
  if (train->has_train_split()) {
    eval->set_train_split(train->train_split());
  } else {
    eval->clear_train_split();
  }
  if (eval->has_inference_split()) {
    train->set_inference_split(eval->inference_split());
  } else {
    train->clear_inference_split();
  }
  if (eval->proposals().has_inference_score()) {
    train->mutable_proposals()->set_inference_score(eval->proposals().inference_score());
  } else if (train->has_proposals()) {
    train->mutable_proposals()->clear_inference_score();
  }
}

}  // namespace

absl::Status DataCheck::Ready() const {
  if (errors == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the check of the data found errors, ", errors,
      " in all, named above; with --ignore_data_errors the training begins if the data can be read"));
}

DataCheck CheckData(const Experiment& experiment, const std::string& data_root) {
  DatasetConfig train = FilesOf(experiment.train_data()), eval = FilesOf(experiment.eval_data());
  NameTheSplitsOfTheRun(&train, &eval);
  std::vector<DatasetConfig> configs = {train};
  if (!google::protobuf::util::MessageDifferencer::Equals(train, eval)) configs.push_back(eval);
  const bool skips = experiment.train().unreadable_clips() == TrainConfig::SKIP_AND_COUNT;
  DataCheck check;
  for (const DatasetConfig& config : configs) {
    const absl::StatusOr<datasets::DatasetLayout> layout = datasets::LayoutOf(config, data_root);
    if (!layout.ok()) continue;
    const datasets::CheckReport report =
        datasets::CheckDataset(*layout, datasets::CheckLevel::kQuick, DefaultThreads());
    const int64_t errors = report.Count(datasets::CheckSeverity::kError);
    check.errors += errors - (skips ? Unreadable(report) : 0);
    if (errors + report.Count(datasets::CheckSeverity::kWarning) == 0) continue;
    absl::StrAppend(&check.text, datasets::CheckSummary(report, kShown));
  }
  if (!check.text.empty()) {
    absl::StrAppend(&check.text, "`bazel run //datasets:check -- --help` says how to see all of it\n");
  }
  return check;
}

}  // namespace mrsn::experiments
