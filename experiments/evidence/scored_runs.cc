#include "experiments/evidence/scored_runs.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "eval/analysis/bootstrap.h"
#include "experiments/evidence/contrasts.h"
#include "experiments/report/scored_files.h"
#include "experiments/tables/result_files.h"
#include "ops/base/random.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double Percent(const std::optional<double>& value) { return value.has_value() ? 100 * *value : kUndefined; }

// Over the classes with a value; `value_of` gives the value of class number c.
template <typename ValueOf>
double KindMean(const std::vector<int>& classes, const ValueOf& value_of) {
  double sum = 0;
  int defined = 0;
  for (const int c : classes) {
    const std::optional<double> value = value_of(c);
    if (!value.has_value()) continue;
    sum += 100 * *value;
    ++defined;
  }
  return defined == 0 ? kUndefined : sum / defined;
}

RunValues ValuesOf(const eval::FrameMapEvaluator& evaluator, const eval::BootstrapOptions& options) {
  const eval::MatchedFrames matched = evaluator.Match();
  const eval::FrameMapResult result = evaluator.Summarize(matched);
  RunValues values;
  values.rooms = eval::EvaluatedVideos(evaluator, matched);
  const eval::Resampled drawn = eval::Resample(evaluator, matched, values.rooms, options);

  DrawnValue& all = values.measures[kAllClasses];
  all.value = Percent(result.frame_map);
  for (const std::optional<double>& draw : drawn.frame_map) all.draws.push_back(Percent(draw));

  std::map<std::string, std::vector<int>> kinds;
  for (size_t c = 0; c < result.per_class.size(); ++c) {
    kinds[result.per_class[c].kind].push_back(static_cast<int>(c));
  }
  for (const auto& [kind, classes] : kinds) {
    DrawnValue& of_kind = values.measures[kind];
    of_kind.value = KindMean(classes, [&](int c) { return result.per_class[c].ap; });
    for (int s = 0; s < options.samples; ++s) {
      of_kind.draws.push_back(KindMean(classes, [&, s](int c) { return drawn.per_class[c][s]; }));
    }
  }
  return values;
}

}  // namespace

absl::StatusOr<ScoredRuns> ScoredRuns::Open(const std::string& results, const Options& options) {
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, ReadAllMeasurements(results));
  ScoredRuns runs;
  runs.options_ = options;
  for (auto& [experiment, measurements] : measured) runs.measured_[experiment] = std::move(measurements);
  return runs;
}

const std::vector<Result>* ScoredRuns::Find(const std::string& experiment) const {
  const auto found = measured_.find(experiment);
  return found == measured_.end() ? nullptr : &found->second.results;
}

std::vector<const Result*> ScoredRuns::BeginningWith(const std::string& prefix) const {
  std::vector<const Result*> results;
  for (const auto& [experiment, measurements] : measured_) {
    if (!absl::StartsWith(experiment, prefix)) continue;
    for (const Result& result : measurements.results) results.push_back(&result);
  }
  return results;
}

absl::StatusOr<const RunValues*> ScoredRuns::Values(const std::string& experiment, uint64_t run_seed,
                                                    int world) {
  std::unique_ptr<RunValues>& values = values_[{experiment, run_seed}];
  if (values != nullptr) return values.get();
  const Measurements& measurements = measured_.at(experiment);
  for (const Result& result : measurements.results) {
    if (result.seed() != run_seed) continue;
    const auto path = measurements.paths.find(run_seed);
    const std::string place = path == measurements.paths.end() ? "" : path->second;
    MRSN_ASSIGN_OR_RETURN(const ScoredFiles files, FindScoredFiles(place, result));
    MRSN_ASSIGN_OR_RETURN(const eval::FrameMapEvaluator evaluator,
                          LoadScored(files, result, ShownPath(place), options_.num_threads));
    eval::BootstrapOptions bootstrap;
    bootstrap.samples = options_.draws;
    bootstrap.seed = HashSeed(options_.seed, world);
    bootstrap.num_threads = options_.num_threads;
    values = std::make_unique<RunValues>(ValuesOf(evaluator, bootstrap));
    return values.get();
  }
  return absl::NotFoundError(absl::StrCat(experiment, " has no run of seed ", run_seed));
}

}  // namespace mrsn::experiments
