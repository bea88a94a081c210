#include "experiments/provenance.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What `command` prints, or "" when it fails.
std::string OutputOf(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  return ::pclose(pipe) == 0 ? std::string(absl::StripAsciiWhitespace(output)) : "";
}

}  // namespace

std::string DeviceName() {
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
  const std::string folder = Environment("BUILD_WORKSPACE_DIRECTORY");
  if (folder.empty()) return "unknown";
  const std::string git = absl::StrCat("git -C '", folder, "' ");
  const std::string commit = OutputOf(git + "rev-parse --short=12 HEAD 2>/dev/null");
  if (commit.empty()) return "unknown";
  const bool dirty = !OutputOf(git + "status --porcelain --untracked-files=no 2>/dev/null").empty();
  return dirty ? commit + "-dirty" : commit;
}

std::string Today() { return absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone()); }

int64_t PeakMemoryBytes() {
  struct rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

std::string DataFilesRoot() {
  const std::string tests = Environment("TEST_SRCDIR");
  if (!tests.empty()) return tests + "/mrsn";
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size > 0) {
    // Bazel starts programs through their path in bazel-bin, beside which the runfiles stand.
    const std::string runfiles = absl::StrCat(absl::string_view(path, size), ".runfiles/mrsn");
    if (FileExists(runfiles)) return runfiles;
  }
  return ".";
}

std::string DefaultOutputRoot() {
  const std::string workspace = Environment("BUILD_WORKSPACE_DIRECTORY");
  return workspace.empty() ? "out" : workspace + "/out";
}

}  // namespace mrsn::experiments
