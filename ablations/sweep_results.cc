#include "ablations/sweep_results.h"

#include <algorithm>
#include <utility>

#include "ablations/sweep_results.pb.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/config/text_proto.h"
#include "experiments/run/run_settings.h"
#include "experiments/tables/record_results.h"
#include "experiments/tables/result_files.h"
#include "experiments/tables/table_results.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::ablations {
namespace {

using experiments::MeasuredExperiments;
using experiments::RunNode;

// Results that one TableResults may hold: of the same data, classes and numbers of ground-truth boxes.
std::string DataKey(const Result& result) {
  return absl::StrCat(result.data_fingerprint(), "\n",
                      experiments::ClassesAndKinds(result).SerializeAsString());
}

absl::StatusOr<SweepResults> PackSweep(const std::string& name, const MeasuredExperiments& measured) {
  std::vector<std::string> keys;  // in the order of their first results
  std::map<std::string, MeasuredExperiments> by_data;
  for (const auto& [label, measurements] : measured) {
    for (const Result& result : measurements.results) {
      MeasuredExperiments& data = by_data[DataKey(result)];
      if (data.empty()) keys.push_back(DataKey(result));
      if (data.empty() || data.back().first != label) data.emplace_back(label, experiments::Measurements());
      data.back().second.results.push_back(result);
    }
  }
  SweepResults packed;
  packed.set_sweep(name);
  for (const std::string& key : keys) {
    MRSN_ASSIGN_OR_RETURN(*packed.add_data(), experiments::PackResults("", by_data[key]));
    packed.mutable_data(packed.data_size() - 1)->clear_table();
  }
  return packed;
}

// Adds the results to their labels.
void Append(MeasuredExperiments measured, ResultsOfLabels* results) {
  for (auto& [label, measurements] : measured) {
    std::vector<Result>& of_label = (*results)[label];
    for (Result& result : measurements.results) of_label.push_back(std::move(result));
  }
}

absl::StatusOr<ResultsOfLabels> ReadSweepFile(const std::string& path, const std::string& name) {
  const std::string place = ShownPath(path);
  SweepResults packed;
  MRSN_RETURN_IF_ERROR(experiments::ReadTextProto(path, &packed));
  if (packed.sweep() != name) {
    return absl::InvalidArgumentError(
        absl::StrCat(place, ": sweep is \"", packed.sweep(), "\", the file's name says \"", name, "\""));
  }
  ResultsOfLabels results;
  for (const TableResults& data : packed.data()) {
    MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, experiments::UnpackAndCheck(data, place));
    Append(std::move(measured), &results);
  }
  for (auto& [label, of_label] : results) {
    std::sort(of_label.begin(), of_label.end(),
              [](const Result& a, const Result& b) { return a.seed() < b.seed(); });
    for (size_t r = 1; r < of_label.size(); ++r) {
      if (of_label[r].seed() != of_label[r - 1].seed()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(place, ": ", label, " seed ", of_label[r].seed(), " stands there twice"));
    }
  }
  return results;
}

// Of one label: new results over recorded ones.
struct Merged {
  std::vector<Result> results;  // by seed
  int fresh = 0, kept = 0, left_out = 0, outdated = 0;
  std::vector<uint64_t> missing;
};

Merged Merge(const SweepPoint& point, std::vector<Result> fresh, std::vector<Result> recorded) {
  Merged merged;
  // Another sweep, or a training by hand, may have run more seeds.
  fresh.erase(std::remove_if(fresh.begin(), fresh.end(),
                             [&](const Result& result) { return point.seeds.count(result.seed()) == 0; }),
              fresh.end());
  merged.left_out = experiments::RemoveUnrecordable(*point.resolved, &fresh);
  merged.outdated = experiments::RemoveUnrecordable(*point.resolved, &recorded);
  merged.fresh = static_cast<int>(fresh.size());
  std::map<uint64_t, Result> by_seed;
  for (std::vector<Result>* results : {&recorded, &fresh}) {
    for (Result& result : *results) {
      const uint64_t seed = result.seed();
      by_seed[seed] = std::move(result);
    }
  }
  merged.kept = static_cast<int>(by_seed.size()) - merged.fresh;
  for (const uint64_t seed : point.seeds) {
    if (by_seed.count(seed) == 0) merged.missing.push_back(seed);
  }
  for (auto& [seed, result] : by_seed) merged.results.push_back(std::move(result));
  return merged;
}

// Recorded runs began with the recorded weights of a run that they start from, which another processor rounds
// otherwise: with others the sweep would compare what cannot be compared.
absl::Status CheckSameStart(const SweepPoint& start, const std::vector<Result>& fresh,
                            const std::vector<Result>& recorded, const std::string& place) {
  for (const Result& before : recorded) {
    for (const Result& now : fresh) {
      if (now.seed() != before.seed() || now.config_fingerprint() != before.config_fingerprint()) continue;
      if (now.weights_hash() == before.weights_hash()) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(place, ": the recorded runs start from weights of ", start.label, " seed ", now.seed(),
                       " with the hash ", before.weights_hash(), ", the new ones from ", now.weights_hash(),
                       "; expected the same, or a sweep whose record is removed first"));
    }
  }
  return absl::OkStatus();
}

std::string LineOf(const std::string& label, const Merged& merged) {
  std::string line = absl::StrCat(label, ": ", merged.fresh, " new results");
  if (merged.kept > 0) absl::StrAppend(&line, ", ", merged.kept, " kept");
  if (!merged.missing.empty()) {
    absl::StrAppend(&line, "; missing: seed ", absl::StrJoin(merged.missing, ", "));
  }
  absl::StrAppend(&line, experiments::LeftOutText(merged.left_out));
  if (merged.outdated > 0) {
    absl::StrAppend(&line, "; ", merged.outdated, " recorded before removed: of another configuration");
  }
  return line + "\n";
}

}  // namespace

std::vector<SweepPoint> PointsOf(const SweepRuns& runs) {
  std::vector<SweepPoint> points;
  const auto add = [&](const std::vector<std::shared_ptr<const RunNode>>& nodes, bool asked) {
    for (const auto& node : nodes) {
      auto point = std::find_if(points.begin(), points.end(),
                                [&](const SweepPoint& known) { return known.label == node->label; });
      if (point == points.end()) {
        point = points.insert(point, {node->label, node->resolved, {}, asked});
      }
      point->seeds.insert(node->seed);
    }
  };
  add(runs.asked, true);
  add(runs.all, false);
  return points;
}

std::string RecordedPath(const std::string& root, const std::string& name, const Sweep& sweep) {
  return sweep.has_table() ? absl::StrCat(root, "/experiments/records/results/", sweep.table(), ".textproto")
                           : absl::StrCat(root, "/ablations/results/", name, ".textproto");
}

absl::StatusOr<ResultsOfLabels> ReadRecorded(const std::string& path, const std::string& name,
                                             const Sweep& sweep) {
  ResultsOfLabels results;
  if (!FileExists(path)) return results;
  if (!sweep.has_table()) return ReadSweepFile(path, name);
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured, experiments::ReadAllMeasurements(path));
  Append(std::move(measured), &results);
  return results;
}

absl::StatusOr<std::string> RecordSweep(const std::string& name, const SweepRuns& runs,
                                        const RecordSweepOptions& options) {
  ResultsOfLabels recorded;
  if (FileExists(options.recorded)) {
    MRSN_ASSIGN_OR_RETURN(recorded, ReadSweepFile(options.recorded, name));
  }
  MeasuredExperiments merged_points;
  std::string report;
  int fresh = 0, missing = 0, expected = 0;
  for (const SweepPoint& point : PointsOf(runs)) {
    MRSN_ASSIGN_OR_RETURN(std::vector<Result> results,
                          experiments::ReadResults(options.results, point.label));
    if (!point.asked) {
      MRSN_RETURN_IF_ERROR(
          CheckSameStart(point, results, recorded[point.label], ShownPath(options.recorded)));
    }
    Merged merged = Merge(point, std::move(results), std::move(recorded[point.label]));
    recorded.erase(point.label);
    report += LineOf(point.label, merged);
    if (point.asked) {
      fresh += merged.fresh;
      missing += static_cast<int>(merged.missing.size());
      expected += static_cast<int>(point.seeds.size());
    }
    merged_points.emplace_back(point.label, experiments::Measurements{std::move(merged.results)});
  }
  for (const auto& [label, results] : recorded) {
    absl::StrAppend(&report, label, ": ", results.size(), " recorded before removed: no run of the sweep\n");
  }
  if (fresh == 0) {
    return absl::NotFoundError(
        absl::StrCat("no result of sweep ", name, " under ", options.results, "\n", report));
  }
  MRSN_ASSIGN_OR_RETURN(const SweepResults packed, PackSweep(name, merged_points));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(options.recorded, experiments::ResultsText(packed)));
  return absl::StrCat(report, expected - missing, " of ", expected, " runs are recorded\n");
}

absl::StatusOr<TakenResults> TakeRecorded(const std::string& name, const Sweep& sweep, const SweepRuns& runs,
                                          const std::string& recorded, const std::string& output_root) {
  MRSN_ASSIGN_OR_RETURN(ResultsOfLabels of_labels, ReadRecorded(recorded, name, sweep));
  for (const SweepPoint& point : PointsOf(runs)) {
    experiments::RemoveUnrecordable(*point.resolved, &of_labels[point.label]);
  }
  TakenResults found;
  for (const auto& run : runs.asked) {
    const std::vector<Result>& results = of_labels[run->label];
    const auto result = std::find_if(results.begin(), results.end(),
                                     [&](const Result& of_seed) { return of_seed.seed() == run->seed; });
    if (result == results.end()) {
      found.left.push_back(run);
      continue;
    }
    ++found.taken;
    const std::string path = experiments::ResultPath(output_root, run->label, run->seed);
    if (FileExists(path)) continue;
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(path, experiments::PrintTextProto(*result)));
  }
  return found;
}

}  // namespace mrsn::ablations
