#include "datasets/media/media_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostDigits = 12;

std::string LowerExtension(const fs::path& path) { return absl::AsciiStrToLower(path.extension().string()); }

bool IsImage(const fs::path& path) {
  const std::string extension = LowerExtension(path);
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

// Written by //datasets:compute_flow beside the videos.
bool IsFlowFolder(const std::string& name) {
  return absl::StrContains(name, ".flow_dis") || absl::StrContains(name, ".flow_tvl1");
}

absl::Status Unreadable(const std::string& path, const std::error_code& error) {
  return absl::NotFoundError(absl::StrCat(path, ": cannot list this folder: ", error.message()));
}

absl::Status Walk(const fs::path& folder, const std::string& name, std::vector<MediaFile>* found) {
  std::error_code error;
  bool has_images = false;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string base = entry->path().filename().string();
    if (base[0] == '.' || IsFlowFolder(base)) continue;
    const std::string below = name.empty() ? base : absl::StrCat(name, "/", base);
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (absl::Status walked = Walk(entry->path(), below, found); !walked.ok()) return walked;
    } else if (HasVideoExtension(base)) {
      const size_t dot = below.rfind('.');
      found->push_back({below.substr(0, dot), entry->path().string(), false});
    } else if (IsImage(entry->path())) {
      has_images = true;
    }
  }
  if (error) return Unreadable(folder.string(), error);
  if (has_images && !name.empty()) found->push_back({name, folder.string(), true});
  return absl::OkStatus();
}

}  // namespace

bool HasVideoExtension(absl::string_view path) {
  static constexpr std::array kExtensions = {".avi", ".mp4", ".mkv", ".webm",
                                             ".mov", ".m4v", ".mpg", ".mpeg"};
  const std::string extension = LowerExtension(fs::path(std::string(path)));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

absl::StatusOr<std::vector<MediaFile>> ListVideos(const std::string& root) {
  std::vector<MediaFile> found;
  if (absl::Status walked = Walk(root, "", &found); !walked.ok()) return walked;
  std::sort(found.begin(), found.end(), [](const MediaFile& a, const MediaFile& b) {
    return a.name != b.name ? a.name < b.name : a.path < b.path;
  });
  for (size_t i = 1; i < found.size(); ++i) {
    if (found[i].name == found[i - 1].name) {
      return absl::InvalidArgumentError(
          absl::StrCat(found[i].path, ": has the same name as ", found[i - 1].path, "; remove one of them"));
    }
  }
  return found;
}

absl::StatusOr<std::vector<MediaFile>> ChooseVideos(const std::string& root,
                                                    const std::vector<std::string>& names) {
  absl::StatusOr<std::vector<MediaFile>> videos = ListVideos(root);
  if (!videos.ok()) return videos.status();
  if (videos->empty()) return absl::NotFoundError(absl::StrCat(root, ": no video in this folder"));
  if (names.empty()) return videos;
  std::vector<MediaFile> chosen;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const auto video = std::find_if(videos->begin(), videos->end(),
                                    [&](const MediaFile& file) { return file.name == name; });
    if (video == videos->end()) return absl::NotFoundError(absl::StrCat(root, ": no video ", name));
    chosen.push_back(*video);
  }
  return chosen;
}

absl::StatusOr<FrameListing> ListFrames(const std::string& folder) {
  std::map<std::pair<std::string, std::string>, std::vector<FrameFile>> groups;
  FrameListing listing;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path path = entry->path();
    const std::string name = path.filename().string(), stem = path.stem().string();
    size_t digits = 0;
    while (digits < stem.size() && absl::ascii_isdigit(stem[stem.size() - 1 - digits])) ++digits;
    FrameFile frame;
    frame.name = name;
    if (!IsImage(path) || digits == 0 || digits > kMostDigits ||
        !absl::SimpleAtoi(stem.substr(stem.size() - digits), &frame.number)) {
      listing.others.push_back(name);
      continue;
    }
    groups[{stem.substr(0, stem.size() - digits), path.extension().string()}].push_back(std::move(frame));
  }
  if (error) return Unreadable(folder, error);
  auto best = groups.begin();
  for (auto group = groups.begin(); group != groups.end(); ++group) {
    if (group->second.size() > best->second.size()) best = group;
  }
  for (auto group = groups.begin(); group != groups.end(); ++group) {
    if (group == best) {
      std::tie(listing.prefix, listing.extension) = group->first;
      listing.frames = std::move(group->second);
    } else {
      for (FrameFile& frame : group->second) listing.others.push_back(std::move(frame.name));
    }
  }
  std::sort(listing.frames.begin(), listing.frames.end(), [](const FrameFile& a, const FrameFile& b) {
    return a.number != b.number ? a.number < b.number : a.name < b.name;
  });
  std::sort(listing.others.begin(), listing.others.end());
  return listing;
}

}  // namespace mrsn::datasets
