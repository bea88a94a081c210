#include "datasets/check/checked_videos.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/check/checked_video.pb.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 1;  // of what a check looks for in a video

// Size and time of change of whatever stands at a path.
std::string StateOf(const std::string& path) {
  std::error_code error;
  const auto changed = fs::last_write_time(path, error);
  if (error) return "";
  const uintmax_t size = fs::is_directory(path, error) ? 0 : fs::file_size(path, error);
  return absl::StrCat("\n", path, " ", size, " ", changed.time_since_epoch().count());
}

}  // namespace

CheckedVideos::CheckedVideos(std::string folder, const DatasetLayout& layout)
    : folder_(std::move(folder)), layout_(layout) {}

// Rows may name a video as they like, also "../v".
std::string CheckedVideos::PathOf(const std::string& name) const {
  return absl::StrCat(folder_, "/", Fingerprint(name));
}

std::string CheckedVideos::Identity(const std::string& name, const VideoUse& use) const {
  std::string identity =
      absl::StrCat(kVersion, "\n", name, "\n", use.used, " ", use.first.Text(), " ", use.last.Text(), " ",
                   use.last_file, "\n", layout_.keyframes == DatasetLayout::Keyframes::kSeconds, " ",
                   layout_.first_second, " ", layout_.frames_per_second, " ", layout_.video_first_second, " ",
                   layout_.first_keyframe_second, " ", layout_.last_keyframe_second, "\n", layout_.frames,
                   "\n", layout_.videos, "\n", layout_.frame_name, " ", layout_.first_frame);
  if (!layout_.frames.empty()) identity += StateOf(absl::StrCat(layout_.frames, "/", name));
  for (const std::string& file : VideoFilesOf(layout_, name)) identity += StateOf(file);
  return identity;
}

std::optional<VideoFacts> CheckedVideos::Find(const std::string& name, const VideoUse& use) const {
  if (folder_.empty()) return std::nullopt;
  const absl::StatusOr<std::string> bytes = ReadFile(PathOf(name));
  CheckedVideo kept;
  if (!bytes.ok() || !kept.ParseFromString(*bytes) || kept.identity() != Identity(name, use)) {
    return std::nullopt;
  }
  VideoFacts facts;
  for (const CheckedVideo::Finding& finding : kept.findings()) {
    facts.findings.push_back({static_cast<CheckSeverity>(finding.severity()), finding.code(),
                              finding.subject(), finding.text(), finding.count()});
  }
  facts.is_file = kept.is_file();
  facts.is_folder = kept.is_folder();
  facts.frames = kept.frames();
  facts.width = kept.width();
  facts.height = kept.height();
  return facts;
}

absl::Status CheckedVideos::Keep(const std::string& name, const VideoUse& use,
                                 const VideoFacts& facts) const {
  if (folder_.empty()) return absl::OkStatus();
  CheckedVideo kept;
  kept.set_identity(Identity(name, use));
  for (const CheckFinding& finding : facts.findings) {
    CheckedVideo::Finding* copy = kept.add_findings();
    copy->set_severity(static_cast<int>(finding.severity));
    copy->set_code(finding.code);
    copy->set_subject(finding.subject);
    copy->set_text(finding.text);
    copy->set_count(finding.count);
  }
  kept.set_is_file(facts.is_file);
  kept.set_is_folder(facts.is_folder);
  kept.set_frames(facts.frames);
  kept.set_width(facts.width);
  kept.set_height(facts.height);
  return WriteFileAtomically(PathOf(name), kept.SerializeAsString());
}

void CheckedVideos::Forget() const {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

}  // namespace mrsn::datasets
