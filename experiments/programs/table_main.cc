// bazel run //experiments:table1
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "experiments/provenance.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, table, "", "Which table: a file under experiments/tables without .textproto.");
ABSL_FLAG(std::string, results, "", "Folder of the results; default: out/results in the workspace.");
ABSL_FLAG(bool, markdown, false, "Print Markdown instead of text.");
ABSL_FLAG(std::string, json, "", "Also write the table to this file.");

namespace mrsn::experiments {
namespace {

absl::Status Run() {
  const std::string data_files = DataFilesRoot() + "/experiments";
  MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(data_files + "/tables", absl::GetFlag(FLAGS_table)));
  TableSources sources;
  sources.configs_root = data_files + "/configs";
  sources.counts_path = data_files + "/records/counts.textproto";
  sources.results_root = absl::GetFlag(FLAGS_results).empty() ? DefaultOutputRoot() + "/results"
                                                              : UserPath(absl::GetFlag(FLAGS_results));
  MRSN_ASSIGN_OR_RETURN(const TableView view, ViewTable(table, sources));
  if (absl::GetFlag(FLAGS_markdown)) {
    std::printf("%s", ToMarkdown(view).c_str());
  } else {
    std::printf("%s\n%s", ToTerminal(view).c_str(), CommandsOf(view).c_str());
  }
  const std::string json = absl::GetFlag(FLAGS_json);
  return json.empty() ? absl::OkStatus() : WriteFileAtomically(UserPath(json), ToJson(view));
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Prints a table of the paper: its values, ours from the results on disk (\"not run\" where there are\n"
      "none), parameters and multiply-adds of every row, and the command that runs it.\n\n"
      "  bazel run //experiments:table2\n"
      "  bazel run //experiments:table3 -- --json=table3.json\n\n"
      "Add --dry_run to a row's command to see what it needs and costs before it is started.\n"
      "Exit code: 0 done, 1 failed, 2 wrong usage.");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "error: unexpected argument '%s'; see --help\n", rest[1]);
    return 2;
  }
  if (absl::GetFlag(FLAGS_table).empty()) {
    std::fprintf(stderr, "error: --table is not set; see --help\n");
    return 2;
  }
  const absl::Status status = mrsn::experiments::Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}
