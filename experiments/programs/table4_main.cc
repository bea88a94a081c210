// bazel run //experiments:table4
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "experiments/provenance.h"
#include "experiments/run/run_many.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(int, seeds, 1, "Runs of each row, with seeds 0, 1, ...; more than one gives a standard error.");
ABSL_FLAG(int, parallel, 2, "Trainings at once; each takes one core and about 1.5 GB.");
ABSL_FLAG(std::string, output_root, "", "Where runs, logs and results go; default: out/ in the workspace.");

namespace mrsn::experiments {
namespace {

constexpr char kTable[] = "table4_micro";

absl::Status RunTable(const PipelineOptions& options, int seeds, int parallel) {
  const std::string data_files = DataFilesRoot();
  MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(data_files + "/experiments/tables", kTable));
  std::vector<RunRequest> requests;
  for (int seed = 0; seed < seeds; ++seed) {
    for (const Table::Row& row : table.row()) {
      requests.push_back({row.experiment(), "", "", static_cast<uint64_t>(seed)});
    }
  }
  MRSN_RETURN_IF_ERROR(RunMany(requests, options, parallel));
  MRSN_ASSIGN_OR_RETURN(const TableView view,
                        ViewTable(table, {options.configs_root, options.output_root + "/results", ""}));
  std::printf("%s", ToTerminal(view).c_str());
  std::printf("\nResults: %s/results; logs: %s/logs\n", options.output_root.c_str(),
              options.output_root.c_str());
  return absl::OkStatus();
}

int Main() {
  const int seeds = absl::GetFlag(FLAGS_seeds), parallel = absl::GetFlag(FLAGS_parallel);
  if (seeds < 1 || parallel < 1) {
    std::fprintf(stderr, "error: --seeds is %d and --parallel is %d; both must be at least 1\n", seeds,
                 parallel);
    return 2;
  }
  const absl::Status status = RunTable(DefaultOptions(absl::GetFlag(FLAGS_output_root)), seeds, parallel);
  if (!status.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  int exit_code;
  if (mrsn::experiments::RanAsChild(argc, argv, &exit_code)) return exit_code;
  absl::SetProgramUsageMessage(
      "Table 4, the component ablation, on the generated micro data: trains and evaluates the six rows and\n"
      "prints the paper's mAP (on AVA) and ours (on micro data) in columns of their own.\n\n"
      "  bazel run //experiments:table4\n"
      "  bazel run //experiments:table4 -- --seeds=5\n\n"
      "Stopped at any moment and started again it goes on from the last checkpoints; finished rows are\n"
      "found on disk. Exit code: 0 done, 1 failed, 2 wrong usage.");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "error: unexpected argument '%s'; see --help\n", rest[1]);
    return 2;
  }
  return mrsn::experiments::Main();
}
