#include "experiments/detect/input_videos.h"

#include <glob.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/frame_stream.h"
#include "datasets/media/media_files.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

std::string NameOf(const std::string& path) { return std::filesystem::path(path).stem().string(); }

// A name that is good for files: rtsp://user@door/1?size=small is "1".
std::string NameOfStream(const std::string& address) {
  const size_t scheme = address.find("://");
  if (scheme == std::string::npos) return "camera" + address;
  const std::string place = address.substr(scheme + 3, address.find_first_of("?#", scheme) - scheme - 3);
  std::string name = NameOf(place.substr(0, place.find_last_not_of('/') + 1));
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  }
  return name.empty() ? "stream" : name;
}

absl::StatusOr<std::vector<InputVideo>> FindByPattern(const std::string& pattern) {
  glob_t found{};
  std::vector<InputVideo> videos;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i)
      videos.push_back({NameOf(found.gl_pathv[i]), found.gl_pathv[i]});
  }
  ::globfree(&found);
  if (videos.empty()) return absl::NotFoundError(absl::StrCat(pattern, ": no file fits this pattern"));
  std::map<std::string, std::string> paths;
  for (const InputVideo& video : videos) {
    const auto [first, added] = paths.emplace(video.name, video.path);
    if (added) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(first->second, " and ", video.path, " would both be written as ", video.name));
  }
  return videos;
}

}  // namespace

absl::StatusOr<std::vector<InputVideo>> FindInputVideos(const std::string& argument) {
  if (datasets::IsLiveStream(argument)) {
    return std::vector<InputVideo>{{NameOfStream(argument), argument, /*live=*/true}};
  }
  std::error_code error;
  if (std::filesystem::is_directory(argument, error)) {
    MRSN_ASSIGN_OR_RETURN(const std::vector<datasets::MediaFile> found, datasets::ChooseVideos(argument, {}));
    std::vector<InputVideo> videos;
    for (const datasets::MediaFile& file : found) videos.push_back({file.name, file.path});
    return videos;
  }
  if (FileExists(argument)) return std::vector<InputVideo>{{NameOf(argument), argument}};
  if (argument.find_first_of("*?[") != std::string::npos) return FindByPattern(argument);
  return absl::NotFoundError(absl::StrCat(argument, ": no such video"));
}

}  // namespace mrsn::experiments
