// The videos that a check has looked at, kept on disk: a check that was stopped goes on.
#ifndef MRSN_DATASETS_CHECK_CHECKED_VIDEOS_H_
#define MRSN_DATASETS_CHECK_CHECKED_VIDEOS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "datasets/check/annotation_checks.h"
#include "datasets/check/video_check.h"
#include "datasets/dataset_layout.h"

namespace mrsn::datasets {

// One file for each video in a folder. Any number of threads may use it.
class CheckedVideos {
 public:
  // `layout` must live as long. An empty `folder` keeps nothing.
  CheckedVideos(std::string folder, const DatasetLayout& layout);

  // What an earlier check of the level kFull found; nothing if a fact of the layout, the use or the video has
  // changed since. A video is taken for the same while its file has the same size and time of change; a
  // folder of images while its own time of change is the same, which holds until an image is added, removed
  // or renamed.
  std::optional<VideoFacts> Find(const std::string& name, const VideoUse& use) const;
  // The error names the file that cannot be written.
  absl::Status Keep(const std::string& name, const VideoUse& use, const VideoFacts& facts) const;
  // Deletes the folder.
  void Forget() const;

 private:
  std::string PathOf(const std::string& name) const;
  std::string Identity(const std::string& name, const VideoUse& use) const;

  const std::string folder_;
  const DatasetLayout& layout_;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_CHECKED_VIDEOS_H_
