// ./bazelw run //experiments:update_golden
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Removes goldens of experiments that no longer exist.
absl::Status RemoveOthers(const std::string& folder, const std::set<std::string>& wanted) {
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(folder, error);
       !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    const std::string path = it->path();
    if (!absl::EndsWith(path, ".textproto") || wanted.count(path) > 0) continue;
    std::filesystem::remove(it->path(), error);
    std::printf("removed %s\n", path.c_str());
  }
  return error ? absl::InternalError(absl::StrCat(folder, ": ", error.message())) : absl::OkStatus();
}

constexpr char kUsage[] =
    "Writes the resolved config of every experiment to experiments/records/golden of the workspace, and\n"
    "removes the files of experiments that are gone. After a change under experiments/configs:\n\n"
    "  bazel run //experiments:update_golden\n";

absl::Status Main() {
  const auto workspace = WorkspaceRoot();
  if (!workspace.has_value()) return WrongUsage("the workspace is not known: use ./bazelw run");
  const std::string configs = absl::StrCat(*workspace, "/experiments/configs");
  const std::string folder = absl::StrCat(*workspace, "/experiments/records/golden");
  MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListExperiments(configs));
  std::set<std::string> paths;
  int changed = 0;
  for (const std::string& name : names) {
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(configs, name));
    const std::string path = absl::StrCat(folder, "/", name, ".textproto");
    paths.insert(path);
    const std::string text = GoldenText(resolved);
    if (const auto old = ReadFile(path); old.ok() && *old == text) continue;
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(path, text));
    std::printf("wrote %s\n", path.c_str());
    ++changed;
  }
  MRSN_RETURN_IF_ERROR(RemoveOthers(folder, paths));
  std::printf("%d of %zu goldens changed\n", changed, names.size());
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::experiments::kUsage, mrsn::experiments::Main);
}
