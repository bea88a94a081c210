// ./bazelw run //experiments/tables:render -- --write
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/tables/pages.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, tables, "", "Which tables, e.g. table1,table4; default: those RESULTS.md shows.");
ABSL_FLAG(bool, markdown, false, "Print Markdown instead of text.");
ABSL_FLAG(bool, write, false, "Write the tables into the workspace's pages instead of printing them.");

namespace mrsn::experiments {
namespace {

constexpr char kUsage[] =
    "Prints the tables of the recorded results, experiments/records/results, or writes them into\n"
    "README.md, RESULTS.md and BENCHMARKS.md.\n\n"
    "  ./bazelw run //experiments/tables:render                   to the terminal\n"
    "  ./bazelw run //experiments/tables:render -- --tables=table2\n"
    "  ./bazelw run //experiments/tables:render -- --write        into the pages\n";

std::string Workspace() { return WorkspaceRoot().value_or("."); }

absl::Status WritePages() {
  for (const char* page : kPages) {
    const std::string path = absl::StrCat(Workspace(), "/", page);
    MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    const auto rendered = RenderPage(text, Workspace());
    if (!rendered.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", rendered.status().message()));
    }
    if (*rendered != text) MRSN_RETURN_IF_ERROR(WriteFileAtomically(path, *rendered));
  }
  return absl::OkStatus();
}

absl::Status PrintTables() {
  std::vector<std::string> names = absl::StrSplit(absl::GetFlag(FLAGS_tables), ',', absl::SkipEmpty());
  if (names.empty()) {
    MRSN_ASSIGN_OR_RETURN(const std::string results_page, ReadFile(Workspace() + "/RESULTS.md"));
    names = SectionIds(results_page);
  }
  for (const std::string& name : names) {
    MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(Workspace() + "/experiments/tables", name));
    MRSN_ASSIGN_OR_RETURN(const TableView view, ViewTable(table, RecordedSources(Workspace(), table)));
    std::printf("%s\n", (absl::GetFlag(FLAGS_markdown) ? ToMarkdown(view) : ToTerminal(view)).c_str());
  }
  return absl::OkStatus();
}

absl::Status Main() { return absl::GetFlag(FLAGS_write) ? WritePages() : PrintTables(); }

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
