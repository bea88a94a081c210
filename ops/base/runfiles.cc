#include "ops/base/runfiles.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"

namespace mrsn {

std::string DataFilesRoot() {
  for (const char* name : {"TEST_SRCDIR", "RUNFILES_DIR"}) {
    const char* folder = std::getenv(name);
    if (folder != nullptr && *folder != '\0') return absl::StrCat(folder, "/mrsn");
  }
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = absl::StrCat(program.string(), ".runfiles/mrsn");
  return !error && FileExists(beside) ? beside : ".";
}

std::optional<std::string> WorkspaceRoot() {
  const char* folder = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  return folder;
}

std::string ShownPath(const std::string& path) {
  constexpr char kRunfiles[] = ".runfiles/mrsn/";
  const size_t at = path.rfind(kRunfiles);
  return at == std::string::npos ? path : path.substr(at + sizeof kRunfiles - 1);
}

}  // namespace mrsn
