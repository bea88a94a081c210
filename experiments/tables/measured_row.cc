#include "experiments/tables/measured_row.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/tables/result_files.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr double kPercent = 100;

absl::StatusOr<std::optional<ModelCounts>> ReadCounts(const std::string& path, const std::string& experiment,
                                                      const std::string& fingerprint) {
  if (!FileExists(path)) return std::nullopt;
  Counts counts;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &counts));
  for (const ModelCounts& model : counts.model()) {
    if (model.experiment() == experiment && model.config_fingerprint() == fingerprint) return model;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Speed>> ReadSpeed(const std::string& path, const std::string& experiment,
                                               const std::string& fingerprint) {
  if (!FileExists(path)) return std::nullopt;
  Speed speed;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &speed));
  if (speed.experiment() != experiment) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": experiment is \"", speed.experiment(),
                                                   "\", its folder says \"", experiment, "\""));
  }
  if (!(speed.clips_per_second() > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": clips_per_second is ", speed.clips_per_second(), "; allowed: above 0"));
  }
  return speed.config_fingerprint() == fingerprint ? std::optional<Speed>(speed) : std::nullopt;
}

ModelCounts CountsOf(const Result& result) {
  ModelCounts counts;
  if (result.has_parameters()) *counts.mutable_parameters() = result.parameters();
  if (result.has_multiply_adds()) *counts.mutable_multiply_adds() = result.multiply_adds();
  return counts;
}

}  // namespace

absl::StatusOr<MeasuredRow> ReadMeasuredRow(const std::string& experiment, const TableSources& sources) {
  MeasuredRow row;
  if (experiment.empty()) return row;
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(sources.configs_root, experiment));
  MRSN_ASSIGN_OR_RETURN(std::vector<Result> results, ReadResults(sources.results_root, experiment));
  for (Result& result : results) {
    if (result.official() && result.config_fingerprint() == resolved.fingerprint) {
      row.results.push_back(std::move(result));
    } else {
      ++row.left_out;
    }
  }
  MRSN_ASSIGN_OR_RETURN(row.counts, ReadCounts(sources.counts_path, experiment, resolved.fingerprint));
  if (!row.counts && !row.results.empty()) row.counts = CountsOf(row.results.front());
  MRSN_ASSIGN_OR_RETURN(row.speed,
                        ReadSpeed(absl::StrCat(sources.results_root, "/", experiment, "/speed.textproto"),
                                  experiment, resolved.fingerprint));
  return row;
}

BySeed FrameMaps(const MeasuredRow& row) {
  BySeed values;
  for (const Result& result : row.results) {
    if (result.has_frame_map()) values[result.seed()] = kPercent * result.frame_map();
  }
  return values;
}

BySeed MeansOfKind(const MeasuredRow& row, const std::string& kind) {
  BySeed values;
  for (const Result& result : row.results) {
    for (const KindScore& score : result.by_kind()) {
      if (score.kind() == kind && score.has_mean_ap()) values[result.seed()] = kPercent * score.mean_ap();
    }
  }
  return values;
}

}  // namespace mrsn::experiments
