#include "datasets/video/not_a_video.h"

#include "absl/strings/str_cat.h"
#include "ops/formats/sniff.h"

namespace mrsn::datasets {

absl::Status NotAVideo(const std::string& path) {
  std::string text = absl::StrCat(path, ": not a video FFmpeg can read");
  const absl::StatusOr<formats::FileLook> look = formats::LookAt(path);
  // Of a whole video the kind says nothing new: its codec may be unknown.
  if (look.ok() && (formats::KindOf(*look) != formats::FileKind::kVideo || formats::EndsEarly(*look))) {
    absl::StrAppend(&text, ": it ", formats::Described(*look));
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace mrsn::datasets
