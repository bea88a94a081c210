// bazel run //ablations:sweep -- --sweep=components --seeds=5
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ablations/sweep.h"
#include "ablations/sweep_results.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "experiments/counts/speed.h"
#include "experiments/programs/device_flag.h"
#include "experiments/run/run_many.h"
#include "experiments/run/run_settings.h"
#include "experiments/tables/record_results.h"
#include "experiments/tables/render.h"
#include "experiments/tables/result_files.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, sweep, "", "What to run: a file under ablations without .textproto, e.g. components.");
ABSL_FLAG(std::string, config, "",
          "Instead of --sweep: a file of your own; its experiments are names, or paths beside it that end in "
          ".textproto.");
ABSL_FLAG(std::string, device, "cpu", "Where models run: cpu, cuda or cuda:<number>.");
ABSL_FLAG(std::string, data_root, "", "Folder of the data set; nothing is written there.");
ABSL_FLAG(std::string, cache_root, "", "Where generated data go; default: ~/.cache/mrsn.");
ABSL_FLAG(int, seeds, 0, "Runs of each point, with seeds 0, 1, ...; 0 = as the sweep's file says.");
ABSL_FLAG(int, parallel, 2, "Trainings at once; each takes one core and about 1.5 GB.");
ABSL_FLAG(int, processes, 1, "Processes of each training, which share its batches; each takes one core.");
ABSL_FLAG(bool, no_wait, false,
          "If another job writes one of the runs: end with an error instead of waiting.");
ABSL_FLAG(int, workers, 0,
          "Threads of each training that read clips; 0: by the number of cores. Changes no number.");
ABSL_FLAG(
    bool, speeds_only, false,
    "Train nothing; measure the clips/s of the table's rows again, as after a sweep. Wants an idle machine.");
ABSL_FLAG(
    bool, record, false,
    "Train nothing; write the finished results into the tree, to ablations/results/<sweep>.textproto, or "
    "those of a table's rows to the table's file.");
ABSL_FLAG(
    bool, skip_recorded, false,
    "Leave out the runs whose results the tree has; these are written to output_root/results. Their weights "
    "and detections are not there.");
ABSL_FLAG(std::string, output_root, "", "Where runs, logs and results go; default: out/ in the workspace.");

namespace mrsn::ablations {
namespace {

constexpr char kUsage[] =
    "Runs a sweep: experiments, times a grid of config changes, times seeds, and prints one table.\n\n"
    "  bazel run //ablations:sweep -- --sweep=components --seeds=5\n"
    "  bazel run //ablations:sweep -- --config=my_sweep.textproto --data_root=/data/mine\n"
    "  bazel run //ablations:sweep -- --sweep=components --parallel=1 --processes=8 --device=cuda\n"
    "  bazel run //ablations:sweep -- --sweep=evidence_components --record\n\n"
    "Stopped at any moment and started again it goes on from the last checkpoints; finished runs are\n"
    "found on disk. A long sweep is spread over several machines or days by --record on one and "
    "--skip_recorded\n"
    "on the next.";

using experiments::RunNode;
using experiments::RunSettings;

// Mean and standard error of every point, in the order of the sweep.
absl::Status PrintPoints(const std::vector<std::shared_ptr<const RunNode>>& runs,
                         const std::string& results_root) {
  std::vector<std::string> labels;
  std::map<std::string, experiments::BySeed> scores;
  for (const auto& run : runs) {
    const std::string& label = run->label;
    if (scores.count(label) == 0) {
      labels.push_back(label);
      MRSN_ASSIGN_OR_RETURN(const auto results, experiments::ReadResults(results_root, label));
      for (const Result& result : results) scores[label][result.seed()] = 100 * result.frame_map();
    }
  }
  for (const std::string& label : labels) {
    const auto estimate = experiments::MeanOf(scores[label]);
    if (!estimate.has_value()) continue;
    std::printf("%-50s %6.2f", label.c_str(), estimate->mean);
    if (estimate->standard_error.has_value()) std::printf(" ± %.2f", *estimate->standard_error);
    std::printf("  n=%d\n", estimate->n);
  }
  return absl::OkStatus();
}

// The models' speed, after everything else has ended.
absl::Status MeasureRows(const Table& table, const std::string& configs_root,
                         const std::string& results_root) {
  std::vector<std::string> rows;
  for (const Table::Row& row : table.row()) {
    if (!row.experiment().empty()) rows.push_back(row.experiment());
  }
  experiments::SpeedOptions options;
  options.configs_root = configs_root;
  MRSN_ASSIGN_OR_RETURN(const std::vector<Speed> speeds, experiments::MeasureSpeeds(rows, options));
  for (const Speed& speed : speeds) MRSN_RETURN_IF_ERROR(experiments::WriteSpeed(results_root, speed));
  return absl::OkStatus();
}

// The finished results into the tree.
absl::Status Record(const std::string& name, const Sweep& sweep, const SweepRuns& runs,
                    const std::string& configs_root, const std::string& results_root) {
  const std::string path = RecordedPath(WorkspaceRoot().value_or("."), name, sweep);
  std::string report;
  if (sweep.has_table()) {
    MRSN_ASSIGN_OR_RETURN(const Table table,
                          experiments::ReadTable(DataFilesRoot() + "/experiments/tables", sweep.table()));
    MRSN_ASSIGN_OR_RETURN(report, experiments::RecordResults(table, {configs_root, results_root, path}));
  } else {
    MRSN_ASSIGN_OR_RETURN(report, RecordSweep(name, runs, {results_root, path}));
  }
  std::printf("%s%s written; next: ./bazelw run //ablations:render -- --write%s\n", report.c_str(),
              path.c_str(),
              sweep.has_table() ? " and ./bazelw run //experiments/tables:render -- --write" : "");
  return absl::OkStatus();
}

enum class Mode {
  kRun,
  kRunUnrecorded,
  kSpeedsOnly,
  kRecord,
};

absl::Status RunSweep(const std::string& name, std::optional<int> seeds, const RunSettings& settings,
                      int parallel, Mode mode) {
  const std::string data_files = DataFilesRoot();
  MRSN_ASSIGN_OR_RETURN(const Sweep sweep,
                        ReadSweep(data_files + "/ablations", data_files + "/experiments/tables", name));
  MRSN_ASSIGN_OR_RETURN(const SweepRuns runs, ExpandSweep(sweep, settings.configs_root, seeds));
  const std::string results_root = settings.output_root + "/results";
  if (mode == Mode::kRecord) return Record(name, sweep, runs, settings.configs_root, results_root);
  Table table;
  if (sweep.has_table()) {
    MRSN_ASSIGN_OR_RETURN(table, experiments::ReadTable(data_files + "/experiments/tables", sweep.table()));
  }
  const bool speeds_only = mode == Mode::kSpeedsOnly;
  if (speeds_only && !table.speed()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--speeds_only: sweep '", name, "' has no table with a column of speeds (speed: true)"));
  }
  auto left = runs.asked;
  if (mode == Mode::kRunUnrecorded) {
    const std::string recorded = RecordedPath(WorkspaceRoot().value_or("."), name, sweep);
    MRSN_ASSIGN_OR_RETURN(TakenResults found,
                          TakeRecorded(name, sweep, runs, recorded, settings.output_root));
    left = std::move(found.left);
    std::printf("%d of %d runs are recorded in %s\n", found.taken, static_cast<int>(runs.asked.size()),
                ShownPath(recorded).c_str());
  }
  if (!speeds_only) MRSN_RETURN_IF_ERROR(experiments::RunMany(left, settings, parallel));
  if (!sweep.has_table()) return PrintPoints(runs.asked, results_root);
  if (table.speed()) MRSN_RETURN_IF_ERROR(MeasureRows(table, settings.configs_root, results_root));
  MRSN_ASSIGN_OR_RETURN(const experiments::TableView view,
                        experiments::ViewTable(table, {settings.configs_root, results_root, ""}));
  std::printf("%s\nResults: %s\n", experiments::ToTerminal(view).c_str(), results_root.c_str());
  return absl::OkStatus();
}

absl::Status Main() {
  const int seeds = absl::GetFlag(FLAGS_seeds), parallel = absl::GetFlag(FLAGS_parallel),
            processes = absl::GetFlag(FLAGS_processes);
  std::string sweep = absl::GetFlag(FLAGS_sweep);
  const std::string config = absl::GetFlag(FLAGS_config);
  if (sweep.empty() == config.empty() || seeds < 0 || parallel < 1 || processes < 1) {
    return WrongUsage(
        "--sweep or --config must be set, --seeds 0 or more, --parallel and --processes 1 or more");
  }
  const bool speeds_only = absl::GetFlag(FLAGS_speeds_only), record = absl::GetFlag(FLAGS_record),
             skip_recorded = absl::GetFlag(FLAGS_skip_recorded);
  if (speeds_only + record + skip_recorded > 1) {
    return WrongUsage("of --record, --skip_recorded and --speeds_only only one may be set");
  }
  if ((record || skip_recorded) && !config.empty()) {
    return WrongUsage("--record and --skip_recorded are for a --sweep of the tree");
  }
  const Mode mode = speeds_only     ? Mode::kSpeedsOnly
                    : record        ? Mode::kRecord
                    : skip_recorded ? Mode::kRunUnrecorded
                                    : Mode::kRun;
  if (!config.empty()) sweep = std::filesystem::absolute(UserPath(config)).lexically_normal();
  RunSettings settings = experiments::DefaultSettings(absl::GetFlag(FLAGS_output_root));
  settings.data_root = UserPath(absl::GetFlag(FLAGS_data_root));
  settings.cache_root = UserPath(absl::GetFlag(FLAGS_cache_root));
  settings.workers = absl::GetFlag(FLAGS_workers);
  settings.processes = processes;
  settings.wait = !absl::GetFlag(FLAGS_no_wait);
  MRSN_ASSIGN_OR_RETURN(settings.device, experiments::DeviceFlag(absl::GetFlag(FLAGS_device)));
  return RunSweep(sweep, seeds > 0 ? std::optional<int>(seeds) : std::nullopt, settings, parallel, mode);
}

}  // namespace
}  // namespace mrsn::ablations

int main(int argc, char** argv) {
  int exit_code;
  if (mrsn::experiments::RanAsChild(argc, argv, &exit_code)) return exit_code;
  return mrsn::RunProgram(argc, argv, mrsn::ablations::kUsage, mrsn::ablations::Main);
}
