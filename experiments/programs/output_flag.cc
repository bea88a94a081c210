#include "experiments/programs/output_flag.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/program.h"

namespace mrsn::experiments {

absl::StatusOr<std::string> OutputFlag(absl::string_view flag, const std::string& value,
                                       absl::string_view suffix) {
  if (value.empty()) return WrongUsage(absl::StrCat("--", flag, " is not set"));
  // A name of the suffix alone has no extension.
  if (std::filesystem::path(value).extension().string() == suffix) return UserPath(value);
  return WrongUsage(absl::StrCat("--", flag, "=", value, "; expected a file's name that ends in ", suffix));
}

}  // namespace mrsn::experiments
