#include "datasets/dataset_fingerprint.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<std::string> FingerprintFiles(const std::string& settings,
                                             const std::vector<std::string>& files,
                                             const std::vector<std::string>& videos) {
  Fingerprinter all;
  all.Add(absl::StrCat(settings, "\n"));
  for (const std::string& path : files) {
    MRSN_ASSIGN_OR_RETURN(const std::string contents, ReadFile(path));
    all.Add(absl::StrCat(contents.size(), "\n"));
    all.Add(contents);
  }
  for (const std::string& path : videos) {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return absl::NotFoundError(absl::StrCat(path, ": no such video (", error.message(), ")"));
    all.Add(absl::StrCat(std::filesystem::path(path).filename().string(), " ", size, "\n"));
  }
  return all.Hex();
}

}  // namespace mrsn::datasets
