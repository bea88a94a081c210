#include "experiments/counts/table_counts.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::StatusOr<std::map<std::string, int>> CountedExperiments(const std::string& tables_root) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(tables_root)) {
    if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  std::map<std::string, int> sizes;
  for (const std::string& name : names) {
    MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(tables_root, name));
    if (!table.has_counts_size()) continue;
    for (const Table::Row& row : table.row()) {
      if (row.experiment().empty()) continue;
      const int size = sizes.emplace(row.experiment(), table.counts_size()).first->second;
      if (size != table.counts_size()) {
        return absl::InvalidArgumentError(absl::StrCat(name, ": counts_size is ", table.counts_size(),
                                                       ", but ", row.experiment(), " is counted for ", size,
                                                       " in another table"));
      }
    }
  }
  return sizes;
}

absl::StatusOr<ModelCounts> CountModel(const std::string& configs_root, const std::string& experiment,
                                       int size) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(configs_root, experiment));
  ComplexitySetting setting = SettingOf(resolved.experiment);
  setting.height = setting.width = size;
  setting.bank_entries = ComplexitySetting::kThreeASecond;
  Result result;
  const absl::Status counted = AddComplexity(resolved.experiment, setting, &result);
  if (!counted.ok()) return AtItsPlace(resolved, counted);
  ModelCounts model;
  model.set_experiment(experiment);
  model.set_config_fingerprint(resolved.fingerprint);
  *model.mutable_parameters() = result.parameters();
  *model.mutable_multiply_adds() = result.multiply_adds();
  return model;
}

std::string CountsText(const Counts& counts) {
  return absl::StrCat("# proto-file: experiments/result.proto\n# proto-message: mrsn.Counts\n",
                      "# Written by ./bazelw run //experiments:update_counts\n", PrintTextProto(counts));
}

absl::StatusOr<std::string> CountTables(const std::string& tables_root, const std::string& configs_root) {
  MRSN_ASSIGN_OR_RETURN(const auto sizes, CountedExperiments(tables_root));
  Counts counts;
  for (const auto& [experiment, size] : sizes) {
    MRSN_ASSIGN_OR_RETURN(*counts.add_model(), CountModel(configs_root, experiment, size));
  }
  return CountsText(counts);
}

}  // namespace mrsn::experiments
