#include "ops/plot/gnuplot.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mrsn {

std::string GnuplotQuote(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}, {"\n", " "}}), "'");
}

absl::Status RunGnuplot(const std::string& path) {
  const std::string quoted = absl::StrReplaceAll(path, {{"'", "'\\''"}});
  FILE* pipe = ::popen(absl::StrCat("gnuplot '", quoted, "' 2>&1").c_str(), "r");
  std::string output;
  char buffer[512];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  if (pipe == nullptr || ::pclose(pipe) != 0) {
    return absl::InternalError(absl::StrCat("gnuplot failed (is gnuplot-nox installed?): ", output));
  }
  return absl::OkStatus();
}

}  // namespace mrsn
