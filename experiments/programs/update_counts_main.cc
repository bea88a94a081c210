// bazel run //experiments:update_counts
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "experiments/counts/table_counts.h"
#include "ops/base/file.h"

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Counts parameters and multiply-adds of every row of the tables that have counts_size and writes them\n"
      "to experiments/records/counts.textproto of the workspace. After a change of a model or an "
      "experiment:\n\n"
      "  bazel run //experiments:update_counts\n"
      "  bazel run //experiments/tables:render -- --write\n\n"
      "Exit code: 0 done, 1 failed, 2 wrong usage.");
  if (absl::ParseCommandLine(argc, argv).size() > 1) {
    std::fprintf(stderr, "error: unexpected argument; see --help\n");
    return 2;
  }
  const char* folder = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::string root = absl::StrCat(folder == nullptr ? "." : folder, "/experiments/");
  const auto counted = mrsn::experiments::CountTables(root + "tables", root + "configs");
  const std::string path = root + "records/counts.textproto";
  const absl::Status status = counted.ok() ? mrsn::WriteFileAtomically(path, *counted) : counted.status();
  if (!status.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  std::printf("%s written\n", path.c_str());
  return 0;
}
