#include "experiments/report/result_set.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/tables/result_files.h"
#include "experiments/tables/result_values.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

bool Matches(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

std::string RunName(const Result& result) {
  return absl::StrCat(result.experiment(), " seed ", result.seed());
}

// The first class in which the lists differ, as the two values of it: "5 \"run\"" and "none".
std::optional<std::pair<std::string, std::string>> FirstOtherClass(const Result& a, const Result& b) {
  const auto shown = [](const Result& result, int c) {
    if (c >= result.per_class_size()) return std::string("none");
    const ClassScore& score = result.per_class(c);
    return absl::StrFormat("%d \"%s\" with %d boxes", score.id(), score.name(), score.num_gt());
  };
  for (int c = 0; c < std::max(a.per_class_size(), b.per_class_size()); ++c) {
    if (shown(a, c) != shown(b, c)) return std::pair(shown(a, c), shown(b, c));
  }
  return std::nullopt;
}

absl::Status Differ(const std::string& what, const std::string& of_a, const std::string& name_a,
                    const std::string& of_b, const std::string& name_b) {
  return absl::InvalidArgumentError(absl::StrCat("these results cannot be compared: ", what, " is ", of_a,
                                                 " in ", name_a, " and ", of_b, " in ", name_b));
}

absl::Status CheckComparable(const Result& a, const Result& b) {
  MRSN_RETURN_IF_ERROR(CheckSameEvaluation(a, RunName(a), b, RunName(b)));
  if (a.experiment() == b.experiment() && a.config_fingerprint() != b.config_fingerprint()) {
    return Differ("the configuration", a.config_fingerprint().substr(0, 12), RunName(a),
                  b.config_fingerprint().substr(0, 12), RunName(b));
  }
  return absl::OkStatus();
}

// Appends the runs of one source.
absl::Status Append(std::string name, Measurements measurements, ResultSet* set) {
  ReportedExperiment* experiment = nullptr;
  for (ReportedExperiment& known : set->experiments) {
    if (known.name == name) experiment = &known;
  }
  if (experiment == nullptr) {
    set->experiments.push_back({std::move(name), {}, std::nullopt});
    experiment = &set->experiments.back();
  }
  if (measurements.speed) experiment->speed = std::move(measurements.speed);
  for (Result& result : measurements.results) {
    for (const ReportedRun& run : experiment->runs) {
      if (run.result.seed() == result.seed()) {
        return absl::InvalidArgumentError(absl::StrCat("two results of ", RunName(result), " are given"));
      }
    }
    const auto path = measurements.paths.find(result.seed());
    experiment->runs.push_back({"", std::move(result), path == measurements.paths.end() ? "" : path->second});
  }
  return absl::OkStatus();
}

template <typename ValueOf>
BySeed Values(const ReportedExperiment& experiment, const ValueOf& value_of) {
  BySeed values;
  for (const ReportedRun& run : experiment.runs) {
    const std::optional<double> value = value_of(run.result);
    if (value.has_value()) values[run.result.seed()] = *value;
  }
  return values;
}

}  // namespace

std::string ReportedExperiment::RunIds() const {
  return absl::StrJoin(runs, " ", [](std::string* out, const ReportedRun& run) { out->append(run.id); });
}

Measurements ReportedExperiment::AsMeasurements() const {
  Measurements measurements;
  for (const ReportedRun& run : runs) measurements.results.push_back(run.result);
  measurements.speed = speed;
  return measurements;
}

const ReportedExperiment* ResultSet::Find(const std::string& name) const {
  for (const ReportedExperiment& experiment : experiments) {
    if (experiment.name == name) return &experiment;
  }
  return nullptr;
}

void ResultSet::NumberRuns() {
  int number = 0;
  for (ReportedExperiment& experiment : experiments) {
    for (ReportedRun& run : experiment.runs) run.id = absl::StrCat("r", ++number);
  }
}

absl::StatusOr<ResultSet> ReadResultSet(const std::vector<std::string>& sources,
                                        const std::vector<std::string>& patterns) {
  ResultSet set;
  std::vector<std::string> left_out;
  for (const std::string& source : sources) {
    MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, ReadAllMeasurements(source));
    for (auto& [name, measurements] : measured) {
      if (measurements.results.empty()) continue;
      if (!Matches(name, patterns)) {
        left_out.push_back(name);
        continue;
      }
      MRSN_RETURN_IF_ERROR(Append(name, std::move(measurements), &set));
    }
  }
  if (set.experiments.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no results of ", patterns.empty() ? "any experiment" : absl::StrJoin(patterns, ", "),
                     " in ", absl::StrJoin(sources, ", "), "; there are ",
                     left_out.empty() ? "none" : absl::StrJoin(left_out, ", ")));
  }
  for (ReportedExperiment& experiment : set.experiments) {
    std::sort(experiment.runs.begin(), experiment.runs.end(),
              [](const ReportedRun& a, const ReportedRun& b) { return a.result.seed() < b.result.seed(); });
    for (const ReportedRun& run : experiment.runs) {
      MRSN_RETURN_IF_ERROR(CheckComparable(set.first(), run.result));
      MRSN_RETURN_IF_ERROR(CheckComparable(experiment.runs.front().result, run.result));
    }
  }
  set.NumberRuns();
  set.protocol = set.first().protocol();
  set.data_fingerprint = set.first().data_fingerprint();
  set.iou_threshold = set.first().iou_threshold();
  return set;
}

absl::Status CheckSameEvaluation(const Result& a, const std::string& name_a, const Result& b,
                                 const std::string& name_b) {
  const auto differ = [&](const std::string& what, const std::string& of_a, const std::string& of_b) {
    return Differ(what, of_a, name_a, of_b, name_b);
  };
  if (a.protocol() != b.protocol()) return differ("the protocol", a.protocol(), b.protocol());
  if (a.iou_threshold() != b.iou_threshold()) {
    return differ("the IoU threshold", absl::StrCat(a.iou_threshold()), absl::StrCat(b.iou_threshold()));
  }
  if (a.data_fingerprint() != b.data_fingerprint()) {
    return differ("the evaluated data", a.data_fingerprint().substr(0, 12),
                  b.data_fingerprint().substr(0, 12));
  }
  if (const auto classes = FirstOtherClass(a, b)) return differ("a class", classes->first, classes->second);
  return absl::OkStatus();
}

std::string SpeedId(int number) { return absl::StrCat("s", number); }

BySeed FrameMaps(const ReportedExperiment& experiment) { return Values(experiment, FrameMapOf); }

BySeed ClassAps(const ReportedExperiment& experiment, int class_id) {
  return Values(experiment, [class_id](const Result& result) { return ClassApOf(result, class_id); });
}

BySeed KindMeans(const ReportedExperiment& experiment, const std::string& kind) {
  return Values(experiment, [&kind](const Result& result) { return KindMeanOf(result, kind); });
}

}  // namespace mrsn::experiments
