// bazel run //experiments:table -- --table=table4_micro --run
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/programs/device_flag.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_many.h"
#include "experiments/run/run_settings.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, table, "", "Which table: a file under experiments/tables without .textproto.");
ABSL_FLAG(bool, run, false, "Train and evaluate the rows that have no result yet.");
ABSL_FLAG(int, seeds, 1,
          "With --run: runs of each row, with seeds 0, 1, ...; several give a standard error.");
ABSL_FLAG(int, parallel, 2, "With --run: trainings at once; each takes one core and about 1.5 GB.");
ABSL_FLAG(int, processes, 1,
          "With --run: processes of each training, which share its batches; each takes one core.");
ABSL_FLAG(bool, no_wait, false,
          "With --run: if another job writes one of the runs, end with an error instead of waiting.");
ABSL_FLAG(
    int, workers, 0,
    "With --run: threads of each training that read clips; 0: by the number of cores. Changes no number.");
ABSL_FLAG(std::string, device, "cpu", "With --run: where models run: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, data_root, "", "With --run: folder of the data set; nothing is written there.");
ABSL_FLAG(std::string, cache_root, "", "With --run: where generated data go; default: ~/.cache/mrsn.");
ABSL_FLAG(std::string, output_root, "", "Where runs, logs and results lie; default: out/ in the workspace.");
ABSL_FLAG(std::string, results, "",
          "Print these results: a folder, or a file of experiments/records/results; default: the results/ of "
          "--output_root.");
ABSL_FLAG(bool, markdown, false, "Print Markdown instead of text.");
ABSL_FLAG(std::string, json, "", "Also write the table to this file.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Prints a table: the paper's values, ours from the results on disk (\"not run\" where there are "
    "none),\n"
    "parameters and multiply-adds. With --run it first trains and evaluates the rows, after it has "
    "checked\n"
    "that every row has its data and weights.\n\n"
    "  bazel run //experiments:table -- --table=table2 --json=table2.json\n"
    "  bazel run //experiments:table -- --table=table4_micro --run --seeds=5\n"
    "  bazel run //experiments:table -- --table=table1 --run --data_root=/data/ava\n\n"
    "Short names: //experiments:table1, table2 and table3 print; table4 runs table4_micro, Table 4 on\n"
    "generated data.\n"
    "A run that was stopped goes on from its last checkpoint when it is started again. Finished runs are\n"
    "found on disk.\n";

using Rows = std::vector<std::shared_ptr<const RunNode>>;

// Before the first training: FailedPrecondition with everything that any row lacks.
absl::Status CheckRows(const Rows& rows, const RunSettings& settings) {
  std::vector<std::string> missing;
  for (const auto& row : rows) {
    MRSN_ASSIGN_OR_RETURN(const OpenedRuns opened, Open(row, settings));
    const absl::Status all_there = opened.AllThere();
    if (!all_there.ok()) missing.emplace_back(all_there.message());
  }
  return missing.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(missing, "\n"));
}

absl::Status RunRows(const Table& table, const RunSettings& settings) {
  ExperimentGraph graph(settings.configs_root);
  Rows runs;
  for (int seed = 0; seed < absl::GetFlag(FLAGS_seeds); ++seed) {
    for (const std::string& row : RowExperiments(table)) {
      MRSN_ASSIGN_OR_RETURN(runs.emplace_back(), graph.Add({row, "", "", static_cast<uint64_t>(seed)}));
    }
    // The other seeds read the same data and weights.
    if (seed == 0) MRSN_RETURN_IF_ERROR(CheckRows(runs, settings));
  }
  return RunMany(runs, settings, absl::GetFlag(FLAGS_parallel));
}

absl::Status RunTable() {
  RunSettings settings = DefaultSettings(absl::GetFlag(FLAGS_output_root));
  settings.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  settings.cache_root = UserPath(absl::GetFlag(FLAGS_cache_root));
  settings.workers = absl::GetFlag(FLAGS_workers);
  settings.processes = absl::GetFlag(FLAGS_processes);
  if (settings.processes < 1) {
    return WrongUsage(absl::StrCat("--processes=", settings.processes, "; allowed: 1 or more"));
  }
  settings.wait = !absl::GetFlag(FLAGS_no_wait);
  MRSN_ASSIGN_OR_RETURN(settings.device, DeviceFlag(absl::GetFlag(FLAGS_device)));
  const std::string data_files = DataFilesRoot() + "/experiments";
  MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(data_files + "/tables", absl::GetFlag(FLAGS_table)));
  if (absl::GetFlag(FLAGS_run)) MRSN_RETURN_IF_ERROR(RunRows(table, settings));
  TableSources sources;
  sources.configs_root = settings.configs_root;
  sources.counts_path = data_files + "/records/counts.textproto";
  sources.results = absl::GetFlag(FLAGS_results).empty() ? settings.output_root + "/results"
                                                         : UserPath(absl::GetFlag(FLAGS_results));
  MRSN_ASSIGN_OR_RETURN(const TableView view, ViewTable(table, sources));
  std::printf("%s", (absl::GetFlag(FLAGS_markdown) ? ToMarkdown(view) : ToTerminal(view)).c_str());
  if (absl::GetFlag(FLAGS_run)) {
    std::printf("\nResults: %s/results; logs: %s/logs\n", settings.output_root.c_str(),
                settings.output_root.c_str());
  }
  const std::string json = absl::GetFlag(FLAGS_json);
  return json.empty() ? absl::OkStatus() : WriteFileAtomically(UserPath(json), ToJson(view));
}

// The first mistake in the flags; "" = none.
std::string WrongFlags() {
  if (absl::GetFlag(FLAGS_table).empty()) return "--table is not set";
  if (absl::GetFlag(FLAGS_seeds) < 1 || absl::GetFlag(FLAGS_parallel) < 1) {
    return absl::StrCat("--seeds is ", absl::GetFlag(FLAGS_seeds), " and --parallel is ",
                        absl::GetFlag(FLAGS_parallel), "; both must be at least 1");
  }
  if (!absl::GetFlag(FLAGS_run) && absl::GetFlag(FLAGS_seeds) != 1) return "--seeds needs --run";
  if (absl::GetFlag(FLAGS_run) && !absl::GetFlag(FLAGS_results).empty()) {
    return "--results names finished results, --run makes new ones; give one of them";
  }
  return "";
}

absl::Status Main() {
  const std::string wrong = WrongFlags();
  return wrong.empty() ? RunTable() : WrongUsage(wrong);
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  int exit_code;
  if (mrsn::experiments::RanAsChild(argc, argv, &exit_code)) return exit_code;
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
