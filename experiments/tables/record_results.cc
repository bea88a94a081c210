#include "experiments/tables/record_results.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "experiments/tables/result_files.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_results.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

bool IsCommitted(const std::string& commit) {
  return !commit.empty() && commit != "unknown" && !absl::EndsWith(commit, "-dirty");
}

// A table may show an experiment in two rows; its file has it once.
std::vector<std::string> DistinctExperiments(const Table& table) {
  std::vector<std::string> distinct;
  for (const std::string& experiment : RowExperiments(table)) {
    if (std::find(distinct.begin(), distinct.end(), experiment) == distinct.end()) {
      distinct.push_back(experiment);
    }
  }
  return distinct;
}

}  // namespace

int RemoveUnrecordable(const ResolvedExperiment& experiment, std::vector<Result>* results) {
  const auto removed = std::remove_if(results->begin(), results->end(), [&](const Result& result) {
    const bool as_configured = experiment.changed ? !result.has_given_weights() : result.official();
    return !as_configured || result.config_fingerprint() != experiment.fingerprint ||
           !IsCommitted(result.commit());
  });
  const int count = static_cast<int>(results->end() - removed);
  results->erase(removed, results->end());
  return count;
}

std::string LeftOutText(int left_out) {
  if (left_out == 0) return "";
  return absl::StrCat("; ", left_out,
                      " left out: of another configuration, with overrides or of uncommitted code");
}

absl::StatusOr<std::string> RecordResults(const Table& table, const RecordOptions& options) {
  const std::vector<std::string> experiments = DistinctExperiments(table);
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments fresh, ReadMeasurements(options.results, experiments));
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments recorded, ReadMeasurements(options.recorded, experiments));
  std::string report;
  bool any = false;
  for (size_t e = 0; e < experiments.size(); ++e) {
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                          LoadExperiment(options.configs_root, experiments[e]));
    Measurements& measured = fresh[e].second;
    const int left_out = RemoveUnrecordable(resolved, &measured.results);
    const std::optional<Speed>& speed = measured.speed;
    if (speed && (speed->config_fingerprint() != resolved.fingerprint || !IsCommitted(speed->commit()))) {
      measured.speed.reset();
    }
    any = any || !measured.results.empty() || measured.speed;
    absl::StrAppend(&report, experiments[e], ": ", measured.results.size(), " new results",
                    measured.speed ? " and a speed" : "", LeftOutText(left_out), "\n");
    if (measured.results.empty()) measured.results = std::move(recorded[e].second.results);
    if (!measured.speed) measured.speed = std::move(recorded[e].second.speed);
  }
  if (!any) {
    return absl::NotFoundError(
        absl::StrCat("no result of table ", table.id(), " under ", options.results, "\n", report));
  }
  fresh.erase(
      std::remove_if(fresh.begin(), fresh.end(),
                     [](const auto& entry) { return entry.second.results.empty() && !entry.second.speed; }),
      fresh.end());
  MRSN_ASSIGN_OR_RETURN(const TableResults packed, PackResults(table.id(), fresh));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(options.recorded, ResultsText(packed)));
  return report;
}

}  // namespace mrsn::experiments
