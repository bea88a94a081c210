// bazel run //experiments:record_results -- --table=table4_micro
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "experiments/tables/record_results.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, table, "", "Which table: a file under experiments/tables without .textproto.");
ABSL_FLAG(std::string, results, "", "Folder of the runs' results; default: out/results in the workspace.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Copies the results of a table's rows from out/results to "
    "experiments/records/results/<table>.textproto,\n"
    "which RESULTS.md shows.\n\n"
    "  bazel run //experiments:record_results -- --table=table4_micro\n\n"
    "A row with new results loses its old ones. Results of another configuration, with overrides or of\n"
    "uncommitted code are left out.\n";

absl::Status Main() {
  if (absl::GetFlag(FLAGS_table).empty()) return WrongUsage("--table is not set");
  const std::string workspace = WorkspaceRoot().value_or(".");
  MRSN_ASSIGN_OR_RETURN(const Table table,
                        ReadTable(workspace + "/experiments/tables", absl::GetFlag(FLAGS_table)));
  RecordOptions options;
  options.configs_root = workspace + "/experiments/configs";
  options.results = absl::GetFlag(FLAGS_results).empty() ? workspace + "/out/results"
                                                         : UserPath(absl::GetFlag(FLAGS_results));
  options.recorded = absl::StrCat(workspace, "/experiments/records/results/", table.id(), ".textproto");
  MRSN_ASSIGN_OR_RETURN(const std::string report, RecordResults(table, options));
  std::printf("%s%s written; next: ./bazelw run //experiments/tables:render -- --write\n", report.c_str(),
              options.recorded.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
