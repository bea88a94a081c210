// ./bazelw run //ablations:render -- --write
#include <cstdio>
#include <string>

#include "ablations/results_page.h"
#include "absl/flags/flag.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(bool, write, false, "Write ablations/RESULTS.md instead of printing it.");

namespace mrsn::ablations {
namespace {

constexpr char kUsage[] =
    "Prints the recorded results of the sweeps, ablations/results, as a page of Markdown, or writes "
    "ablations/RESULTS.md.\n\n"
    "  ./bazelw run //ablations:render                   to the terminal\n"
    "  ./bazelw run //ablations:render -- --write        into the page\n";

absl::Status Main() {
  const std::string workspace = WorkspaceRoot().value_or(".");
  MRSN_ASSIGN_OR_RETURN(const std::string page, RenderResultsPage(workspace));
  if (absl::GetFlag(FLAGS_write)) return WriteFileAtomically(workspace + "/ablations/RESULTS.md", page);
  std::printf("%s", page.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::ablations

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::ablations::kUsage, mrsn::ablations::Main);
}
