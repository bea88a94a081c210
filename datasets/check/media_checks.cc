#include "datasets/check/media_checks.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/check/video_check.h"
#include "datasets/media/for_each_video.h"
#include "datasets/media/media_files.h"

namespace mrsn::datasets {
namespace {

constexpr double kAspectSlack = 0.02;  // 340x256 for 320x240 is 0.4 %
constexpr int kSmallestSide = 64;
// The quick level looks at all images of small data, and at some of each video of larger ones.
constexpr int64_t kImagesAtQuickLevel = 20000, kFewestImagesOfAVideo = 16;

// A folder has seconds of whole numbers of frames at another rate, and not at the configured one.
void CheckRates(const DatasetLayout& layout, const std::vector<VideoFacts>& facts, CheckReport* report) {
  if (layout.keyframes != DatasetLayout::Keyframes::kSeconds) return;
  int64_t folders = 0, fitting = 0;
  for (const VideoFacts& video : facts) folders += video.is_folder && video.frames > 0;
  // Programs that extract images write one more or less. One folder fits some rate by chance, three do not.
  const double slack = folders < 3 ? 0.5 : 1;
  const auto whole = [&](int64_t frames, double rate) {
    return std::abs(frames - std::round(static_cast<double>(frames) / rate) * rate) <= slack;
  };
  for (const VideoFacts& video : facts) {
    fitting += video.is_folder && video.frames > 0 && whole(video.frames, layout.frames_per_second);
  }
  if (folders == 0 || fitting * 2 > folders) return;
  for (const double rate : {24.0, 25.0, 30.0, 50.0, 60.0}) {
    int64_t others = 0, frames = 0;
    for (const VideoFacts& video : facts) {
      if (!video.is_folder || video.frames == 0 || !whole(video.frames, rate)) continue;
      ++others;
      frames = video.frames;
    }
    if (others * 10 < folders * 9) continue;
    report->Add(CheckSeverity::kWarning, "rate", layout.frames,
                absl::StrFormat(
                    "%d of %d folders have whole seconds of frames at %g a second, not at %g: %d frames are "
                    "%g s at %g and %g s at %g; is frames_per_second right?",
                    others, folders, rate, layout.frames_per_second, frames, frames / rate, rate,
                    frames / layout.frames_per_second, layout.frames_per_second),
                others);
    return;
  }
}

// The frames of all folders go on long after their last key frames: they may be more a second.
void CheckReach(const DatasetLayout& layout, const std::vector<std::pair<std::string, VideoUse>>& videos,
                const std::vector<VideoFacts>& facts, CheckReport* report) {
  if (layout.keyframes != DatasetLayout::Keyframes::kSeconds) return;
  int64_t folders = 0;
  std::string first;
  for (size_t i = 0; i < videos.size(); ++i) {
    if (!facts[i].is_folder || facts[i].frames == 0 || !videos[i].second.used) continue;
    const double length = static_cast<double>(facts[i].frames) / layout.frames_per_second;
    const double reach = videos[i].second.last.value() - layout.first_second;
    if (length <= 1.5 * reach + 2) return;
    if (folders++ > 0) continue;
    first = absl::StrFormat("%s has %d frames, %.1f s at %g a second, its last key frame is after %g s",
                            videos[i].first, facts[i].frames, length, layout.frames_per_second, reach);
  }
  if (folders < 2) return;
  report->Add(CheckSeverity::kWarning, "rate", layout.frames,
              absl::StrCat("all ", folders,
                           " folders go on for half as long again as their key frames reach, "
                           "or longer: ",
                           first, "; has a second more frames?"),
              folders);
}

void CheckSize(const DatasetLayout& layout, const std::string& name, const VideoFacts& video,
               CheckReport* report) {
  if (video.width == 0) return;
  const double aspect = static_cast<double>(video.width) / video.height;
  const std::string size = absl::StrCat("is ", video.width, "x", video.height);
  if (std::min(video.width, video.height) < kSmallestSide) {
    report->Add(CheckSeverity::kWarning, "odd_size", name, absl::StrCat(size, ", smaller than any film"));
  }
  const FrameSize& frame = layout.annotation_frame_size;
  if (frame.width > 0 && std::abs(aspect * frame.height / frame.width - 1) > kAspectSlack) {
    report->Add(CheckSeverity::kWarning, "odd_size", name,
                absl::StrCat(size, ", of another shape than the ", frame.width, "x", frame.height,
                             " that boxes refer to"));
  }
  if (frame.width == 0 && video.width == video.height) {
    report->Add(CheckSeverity::kWarning, "odd_size", name,
                absl::StrCat(size, ": was the video scaled to a square? Boxes stay right, shapes do not"));
  }
}

// The entries of `folder`, whose name is `name`, that are no video of `uses`; folders that hold videos of
// `uses` are entered. Folders of frames are not: a listing of each would double the time of the check.
void FindUnused(const std::filesystem::path& folder, const std::string& name,
                const std::map<std::string, VideoUse>& uses, std::set<std::string>* unused) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string base = entry->path().filename().string();
    std::string below = name.empty() ? base : absl::StrCat(name, "/", base);
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (base[0] == '.' || (!is_folder && !HasVideoExtension(base))) continue;
    if (!is_folder) below = below.substr(0, below.rfind('.'));
    if (uses.count(below) > 0) continue;
    const auto next = uses.lower_bound(below + "/");
    if (is_folder && next != uses.end() && absl::StartsWith(next->first, below + "/")) {
      FindUnused(entry->path(), below, uses, unused);
    } else {
      unused->insert(below);
    }
  }
}

void CountUnused(const DatasetLayout& layout, const std::map<std::string, VideoUse>& uses,
                 CheckReport* report) {
  for (const std::string& root : {layout.frames, layout.videos}) {
    if (root.empty()) continue;
    std::set<std::string> unused;
    FindUnused(root, "", uses, &unused);
    if (unused.empty()) continue;
    report->Add(CheckSeverity::kNote, "unused_video", root,
                absl::StrCat(unused.size(), " videos are in no split; first: ", *unused.begin()),
                static_cast<int64_t>(unused.size()));
  }
}

}  // namespace

void CheckMedia(const DatasetLayout& layout, const std::map<std::string, VideoUse>& uses, CheckLevel level,
                int threads, const CheckedVideos& checked, CheckReport* report) {
  const std::vector<std::pair<std::string, VideoUse>> videos(uses.begin(), uses.end());
  std::vector<VideoFacts> facts(videos.size());
  std::vector<absl::Status> kept(videos.size());
  std::atomic<int64_t> resumed{0};
  const bool full = level == CheckLevel::kFull;
  const int64_t spread = kImagesAtQuickLevel / std::max<int64_t>(1, static_cast<int64_t>(videos.size()));
  const CheckEffort effort = {
      full, full ? std::numeric_limits<int64_t>::max() : std::max(kFewestImagesOfAVideo, spread)};
  const auto check = [&](int, int64_t i, const std::function<void()>& frame_done) {
    const auto& [name, use] = videos[i];
    if (std::optional<VideoFacts> found = full ? checked.Find(name, use) : std::nullopt; found.has_value()) {
      facts[i] = *std::move(found);
      ++resumed;
      return absl::OkStatus();
    }
    facts[i] = CheckVideo(layout, name, use, effort, frame_done);
    if (full) kept[i] = checked.Keep(name, use, facts[i]);
    return absl::OkStatus();
  };
  const std::vector<absl::Status> statuses =
      ForEachVideo("check videos", static_cast<int64_t>(videos.size()), threads, check);
  report->resumed = resumed;
  const auto lost = std::find_if(kept.begin(), kept.end(), [](const absl::Status& s) { return !s.ok(); });
  if (lost != kept.end()) {
    report->Add(CheckSeverity::kNote, "not_kept", report->root,
                absl::StrCat("a check that is stopped cannot go on later: ", lost->message()));
  }
  for (size_t i = 0; i < videos.size(); ++i) {
    if (!statuses[i].ok()) {
      report->Add(CheckSeverity::kError, "unreadable_video", videos[i].first, statuses[i].message());
    }
    for (CheckFinding& finding : facts[i].findings) report->findings.push_back(std::move(finding));
    CheckSize(layout, videos[i].first, facts[i], report);
    report->frames += facts[i].frames;
    if (facts[i].is_folder) ++report->frame_folders;
    if (facts[i].is_file && !facts[i].is_folder) ++report->video_files;
  }
  CheckRates(layout, facts, report);
  CheckReach(layout, videos, facts, report);
  CountUnused(layout, uses, report);
}

}  // namespace mrsn::datasets
