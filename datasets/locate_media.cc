#include "datasets/locate_media.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

// What is wrong with some of the videos.
struct Fault {
  int64_t count = 0;
  std::string first;

  void Add(std::string what) {
    if (count++ == 0) first = std::move(what);
  }
};

std::string LastPart(const std::string& video) { return video.substr(video.rfind('/') + 1); }

}  // namespace

absl::StatusOr<LocatedMedia> LocateMedia(const std::string& root, const MediaOptions& options,
                                         const std::vector<std::string>& videos, UnreadablePolicy policy) {
  MRSN_ASSIGN_OR_RETURN(const FramePattern pattern, FramePattern::Parse(options.frame_name));
  const fs::path below = root;
  LocatedMedia located;
  located.missing.resize(videos.size());
  Fault missing, empty, holes, before;
  for (size_t i = 0; i < videos.size(); ++i) {
    const std::string folder = (below / options.frames / videos[i]).string();
    const FrameFolder images = pattern.In(folder, LastPart(videos[i]), options.first_frame);
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      const std::string stem = (below / options.videos / videos[i]).string();
      located.videos.push_back({FindVideoFile(stem), {}, 0});
      if (!located.videos.back().path.empty()) continue;
      located.videos.back() = {folder, images, 0};
      missing.Add(absl::StrCat(images.PathOf(0), ", nor is there ", stem, ".mp4, .mkv, .webm or .avi"));
      continue;
    }
    MRSN_ASSIGN_OR_RETURN(FolderListing listing, ListFolder(images));
    located.videos.push_back({folder, images, listing.frames});
    if (listing.before_first > 0) {
      before.Add(absl::StrCat(folder, " with ", listing.before_first, " before ",
                              fs::path(images.PathOf(0)).filename().string()));
    }
    if (listing.frames == 0) {
      empty.Add(absl::StrCat(images.PathOf(0), listing.others == 0
                                                   ? "; the folder is empty"
                                                   : absl::StrCat("; there is ", listing.an_other)));
    } else if (!listing.missing.empty()) {
      holes.Add(absl::StrCat(images.PathOf(listing.missing[0].first), ", one of ",
                             CountFrames(listing.missing), " missing of ", listing.frames));
      located.missing[i] = std::move(listing.missing);
    }
  }
  const auto report = [&](const Fault& fault, absl::StatusCode code, absl::string_view what) {
    if (fault.count == 0) return absl::OkStatus();
    std::string text = absl::StrCat(fault.count, " of ", videos.size(), " ", what, ", first ", fault.first);
    if (policy == UnreadablePolicy::kFail) return absl::Status(code, text);
    located.faults.push_back(std::move(text));
    return absl::OkStatus();
  };
  // All frames would be taken for others: no policy about single clips covers this.
  if (before.count > 0) {
    return absl::FailedPreconditionError(absl::StrCat(before.count, " of ", videos.size(),
                                                      " folders have images with numbers below first_frame, ",
                                                      options.first_frame, ", first ", before.first));
  }
  MRSN_RETURN_IF_ERROR(report(missing, absl::StatusCode::kNotFound, "videos' frames are missing"));
  MRSN_RETURN_IF_ERROR(report(empty, absl::StatusCode::kNotFound,
                              "folders have no image as frame_name and first_frame name them"));
  MRSN_RETURN_IF_ERROR(report(holes, absl::StatusCode::kDataLoss, "folders of frames have holes"));
  return located;
}

}  // namespace mrsn::datasets
