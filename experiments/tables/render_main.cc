// ./bazelw run //experiments/tables:render -- --write
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/tables/render.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, tables, "", "Which tables, e.g. table1,table4; default: those the README shows.");
ABSL_FLAG(std::string, results, "",
          "Folder of the results; default: experiments/records/results of the workspace.");
ABSL_FLAG(bool, markdown, false, "Print Markdown instead of text.");
ABSL_FLAG(bool, write, false, "Write the tables into the workspace's README.md instead of printing them.");

namespace mrsn::experiments {
namespace {

absl::Status Run() {
  const char* folder = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::string workspace = folder == nullptr ? "." : folder;
  const std::string readme_path = workspace + "/README.md";
  const std::string results = absl::GetFlag(FLAGS_results).empty()
                                  ? workspace + "/experiments/records/results"
                                  : UserPath(absl::GetFlag(FLAGS_results));
  MRSN_ASSIGN_OR_RETURN(std::string readme, ReadFile(readme_path));
  std::vector<std::string> ids = SectionIds(readme);
  if (!absl::GetFlag(FLAGS_tables).empty()) ids = absl::StrSplit(absl::GetFlag(FLAGS_tables), ',');
  for (const std::string& id : ids) {
    MRSN_ASSIGN_OR_RETURN(const Table table, ReadTable(workspace + "/experiments/tables", id));
    const std::string folder = absl::GetFlag(FLAGS_results).empty() ? ResultsInTree(table, results) : results;
    MRSN_ASSIGN_OR_RETURN(const TableView view,
                          ViewTable(table, {workspace + "/experiments/configs", folder,
                                            workspace + "/experiments/records/counts.textproto"}));
    if (absl::GetFlag(FLAGS_write)) {
      const auto replaced = ReplaceSection(readme, id, ToMarkdown(view));
      if (!replaced.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(readme_path, ": ", replaced.status().message()));
      }
      readme = *replaced;
    } else {
      std::printf("%s\n", (absl::GetFlag(FLAGS_markdown) ? ToMarkdown(view) : ToTerminal(view)).c_str());
    }
  }
  if (!absl::GetFlag(FLAGS_write)) return absl::OkStatus();
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(readme_path, readme));
  std::printf("%s: %s written\n", readme_path.c_str(), absl::StrJoin(ids, ", ").c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Prints the tables, or writes them into README.md, from results on disk.\n\n"
      "  ./bazelw run //experiments/tables:render                   to the terminal\n"
      "  ./bazelw run //experiments/tables:render -- --tables=table2\n"
      "  ./bazelw run //experiments/tables:render -- --write        into README.md, from "
      "experiments/records/results\n\n"
      "Exit code: 0 done, 1 failed, 2 wrong usage.");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "error: unexpected argument '%s'; see --help\n", rest[1]);
    return 2;
  }
  const absl::Status status = mrsn::experiments::Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}
