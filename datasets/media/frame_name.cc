#include "datasets/media/frame_name.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "datasets/video_media.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::Status CheckFrameName(const std::string& pattern) {
  MRSN_RETURN_IF_ERROR(FramePattern::Parse(pattern).status());
  const std::string extension = std::filesystem::path(pattern).extension();
  if (extension == ".jpg" || extension == ".jpeg" || extension == ".png") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", pattern, "\" has to end with .jpg, .jpeg or .png"));
}

std::string FrameFileName(const std::string& pattern, const std::string& video, int64_t number) {
  const absl::StatusOr<FramePattern> parsed = FramePattern::Parse(pattern);
  if (!parsed.ok()) return pattern;
  const std::string path = parsed->In(".", video, number).PathOf(0);
  return path.substr(path.rfind('/') + 1);
}

}  // namespace mrsn::datasets
