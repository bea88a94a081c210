#include "datasets/media/frame_name.h"

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// Where the number stands in a pattern: "%06d" is at `begin`, 4 characters long, 6 digits wide.
struct NumberPlace {
  size_t begin = std::string::npos, size = 0;
  int digits = 0;
};

absl::StatusOr<NumberPlace> FindNumber(const std::string& pattern) {
  NumberPlace place;
  place.begin = pattern.find('%');
  if (place.begin != std::string::npos) {
    size_t end = place.begin + 1;
    while (end < pattern.size() && absl::ascii_isdigit(pattern[end])) ++end;
    const std::string width = pattern.substr(place.begin + 1, end - place.begin - 1);
    const bool padded = width.size() == 2 && width[0] == '0' && absl::SimpleAtoi(width, &place.digits);
    if (end < pattern.size() && pattern[end] == 'd' && (width.empty() || padded)) {
      place.size = end + 1 - place.begin;
      if (pattern.find('%', end) == std::string::npos) return place;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", pattern, "\" has to hold the frame's number once, as %06d or %d"));
}

}  // namespace

absl::Status CheckFrameName(const std::string& pattern) {
  MRSN_RETURN_IF_ERROR(FindNumber(pattern).status());
  const std::string extension = std::filesystem::path(pattern).extension();
  if (absl::StrContains(pattern, '/') ||
      (extension != ".jpg" && extension != ".jpeg" && extension != ".png")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", pattern, "\" has to be a file's name without folders that ends with .jpg, .jpeg or .png"));
  }
  return absl::OkStatus();
}

std::string FrameFileName(const std::string& pattern, const std::string& video, int64_t number) {
  const absl::StatusOr<NumberPlace> place = FindNumber(pattern);
  if (!place.ok()) return pattern;
  const std::string name =
      absl::StrCat(pattern.substr(0, place->begin), absl::StrFormat("%0*d", place->digits, number),
                   pattern.substr(place->begin + place->size));
  return absl::StrReplaceAll(name, {{"{video}", video}});
}

}  // namespace mrsn::datasets
