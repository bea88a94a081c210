#include "experiments/provenance.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

// The output of `command`, or "" when it fails.
std::string OutputOf(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  return ::pclose(pipe) == 0 ? std::string(absl::StripAsciiWhitespace(output)) : "";
}

// The model that the driver's files name for every GPU; "" if there are none or several.
std::string GpuModel(const std::string& folder) {
  std::set<std::string> models;
  std::error_code ignored;
  for (const auto& gpu : std::filesystem::directory_iterator(folder, ignored)) {
    std::ifstream information(gpu.path() / "information");
    std::string line;
    while (std::getline(information, line)) {
      absl::string_view rest = line;
      if (absl::ConsumePrefix(&rest, "Model:")) models.emplace(absl::StripAsciiWhitespace(rest));
    }
  }
  return models.size() == 1 ? *models.begin() : "";
}

}  // namespace

std::string DeviceName(const std::string& device) {
  if (device != "cpu") {
    const std::string model = GpuModel("/proc/driver/nvidia/gpus");
    return model.empty() ? device : absl::StrCat(device, ": ", model);
  }
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line, model = "unknown";
  while (std::getline(cpuinfo, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "model name")) {
      rest.remove_prefix(rest.find(':') + 1);
      model = std::string(absl::StripAsciiWhitespace(rest));
      break;
    }
  }
  return absl::StrCat("CPU: ", model, ", ", std::thread::hardware_concurrency(), " cores");
}

std::string SourceCommit() {
  const auto workspace = WorkspaceRoot();
  if (!workspace.has_value()) return "unknown";
  const std::string git = absl::StrCat("git -C '", *workspace, "' ");
  const std::string commit = OutputOf(git + "rev-parse --short=12 HEAD 2>/dev/null");
  if (commit.empty()) return "unknown";
  const bool dirty = !OutputOf(git + "status --porcelain --untracked-files=no 2>/dev/null").empty();
  return dirty ? commit + "-dirty" : commit;
}

std::string Today() { return absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone()); }

std::string DefaultOutputRoot() {
  const auto workspace = WorkspaceRoot();
  return workspace.has_value() ? *workspace + "/out" : "out";
}

}  // namespace mrsn::experiments
