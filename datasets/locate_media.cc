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

absl::StatusOr<std::vector<VideoMedia>> LocateMedia(const std::string& root, const MediaOptions& options,
                                                    const std::vector<std::string>& videos) {
  MRSN_ASSIGN_OR_RETURN(const FramePattern pattern, FramePattern::Parse(options.frame_name));
  const fs::path below = root;
  std::vector<VideoMedia> media;
  Fault missing, empty, holes;
  for (const std::string& video : videos) {
    const std::string folder = (below / options.frames / video).string();
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      const std::string stem = (below / options.videos / video).string();
      media.push_back({FindVideoFile(stem), {}, 0});
      if (media.back().path.empty()) {
        missing.Add(absl::StrCat(pattern.In(folder, LastPart(video), options.first_frame).PathOf(0),
                                 ", nor is there ", stem, ".mp4, .mkv, .webm or .avi"));
      }
      continue;
    }
    media.push_back({folder, pattern.In(folder, LastPart(video), options.first_frame), 0});
    const FrameFolder& images = *media.back().images;
    MRSN_ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(images));
    media.back().count = listing.frames;
    if (listing.frames == 0) {
      empty.Add(absl::StrCat(images.PathOf(0), listing.others == 0
                                                   ? "; the folder is empty"
                                                   : absl::StrCat("; there is ", listing.an_other)));
    } else if (listing.missing > 0) {
      holes.Add(absl::StrCat(images.PathOf(listing.first_missing), ", one of ", listing.missing,
                             " missing of ", listing.frames));
    }
  }
  const auto counted = [&](const Fault& fault, absl::string_view what) {
    return absl::StrCat(fault.count, " of ", videos.size(), " ", what, ", first ", fault.first);
  };
  if (missing.count > 0) return absl::NotFoundError(counted(missing, "videos' frames are missing"));
  if (empty.count > 0) {
    return absl::NotFoundError(
        counted(empty, "folders have no image as frame_name and first_frame name them"));
  }
  if (holes.count > 0) return absl::DataLossError(counted(holes, "folders of frames have holes"));
  return media;
}

}  // namespace mrsn::datasets
