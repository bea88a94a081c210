#include "ops/base/size_flag.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ops/base/program.h"

namespace mrsn {

absl::StatusOr<PictureSize> SizeFlag(const std::string& name, const std::string& value) {
  constexpr int kMost = 32768;
  const std::vector<std::string> parts = absl::StrSplit(value, 'x');
  PictureSize size;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &size.width) &&
      absl::SimpleAtoi(parts[1], &size.height) && size.width > 0 && size.height > 0 && size.width <= kMost &&
      size.height <= kMost) {
    return size;
  }
  return WrongUsage(
      absl::StrCat("--", name, "=", value, " is no size; allowed: WIDTHxHEIGHT, such as 640x640"));
}

}  // namespace mrsn
