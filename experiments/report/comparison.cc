#include "experiments/report/comparison.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/result_set.h"
#include "experiments/report/scored_files.h"
#include "experiments/tables/result_files.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

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
  MRSN_ASSIGN_OR_RETURN(const ScoredFiles files, FindScoredFiles(compared.path, compared.result));
  return LoadScored(files, compared.result, ShownPath(compared.path), threads);
}

}  // namespace

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
