// bazel run //experiments:update_counts
#include <cstdio>
#include <string>

#include "experiments/counts/table_counts.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Counts parameters and multiply-adds of every row of the tables that have counts_size and writes them\n"
    "to experiments/records/counts.textproto of the workspace. After a change of a model or an "
    "experiment:\n\n"
    "  bazel run //experiments:update_counts\n"
    "  bazel run //experiments/tables:render -- --write\n";

absl::Status Main() {
  const std::string root = WorkspaceRoot().value_or(".") + "/experiments/";
  MRSN_ASSIGN_OR_RETURN(const std::string counted, CountTables(root + "tables", root + "configs"));
  const std::string path = root + "records/counts.textproto";
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(path, counted));
  std::printf("%s written\n", path.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
