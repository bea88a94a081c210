#include "experiments/tables/measured_row.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/tables/result_files.h"
#include "experiments/tables/result_values.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

absl::StatusOr<Counts> ReadCounts(const std::string& path) {
  Counts counts;
  if (FileExists(path)) MRSN_RETURN_IF_ERROR(ReadTextProto(path, &counts));
  return counts;
}

std::optional<ModelCounts> FindCounts(const Counts& counts, const ResolvedExperiment& experiment) {
  for (const ModelCounts& model : counts.model()) {
    if (model.experiment() == experiment.name && model.config_fingerprint() == experiment.fingerprint) {
      return model;
    }
  }
  return std::nullopt;
}

ModelCounts CountsOf(const Result& result) {
  ModelCounts counts;
  if (result.has_parameters()) *counts.mutable_parameters() = result.parameters();
  if (result.has_multiply_adds()) *counts.mutable_multiply_adds() = result.multiply_adds();
  return counts;
}

MeasuredRow SelectCurrent(const ResolvedExperiment& experiment, const Counts& counts,
                          Measurements measurements) {
  MeasuredRow row;
  for (Result& result : measurements.results) {
    if (result.official() && result.config_fingerprint() == experiment.fingerprint) {
      row.results.push_back(std::move(result));
    } else {
      ++row.left_out;
    }
  }
  row.counts = FindCounts(counts, experiment);
  if (!row.counts && !row.results.empty()) row.counts = CountsOf(row.results.front());
  if (measurements.speed && measurements.speed->config_fingerprint() == experiment.fingerprint) {
    row.speed = std::move(measurements.speed);
  }
  return row;
}

}  // namespace

absl::StatusOr<std::vector<MeasuredRow>> ReadMeasuredRows(const Table& table, const TableSources& sources) {
  MRSN_ASSIGN_OR_RETURN(MeasuredExperiments measured,
                        ReadMeasurements(sources.results, RowExperiments(table)));
  return SelectMeasuredRows(table, sources, std::move(measured));
}

absl::StatusOr<std::vector<MeasuredRow>> SelectMeasuredRows(const Table& table, const TableSources& sources,
                                                            MeasuredExperiments measured) {
  MRSN_ASSIGN_OR_RETURN(const Counts counts, ReadCounts(sources.counts_path));
  std::vector<MeasuredRow> rows;
  size_t next = 0;
  for (const Table::Row& row : table.row()) {
    if (row.experiment().empty()) {
      rows.emplace_back();
      continue;
    }
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                          LoadExperiment(sources.configs_root, row.experiment()));
    rows.push_back(SelectCurrent(resolved, counts, std::move(measured[next++].second)));
  }
  return rows;
}

BySeed FrameMaps(const MeasuredRow& row) {
  BySeed values;
  for (const Result& result : row.results) {
    if (const auto value = FrameMapOf(result)) values[result.seed()] = *value;
  }
  return values;
}

BySeed MeansOfKind(const MeasuredRow& row, const std::string& kind) {
  BySeed values;
  for (const Result& result : row.results) {
    if (const auto value = KindMeanOf(result, kind)) values[result.seed()] = *value;
  }
  return values;
}

}  // namespace mrsn::experiments
