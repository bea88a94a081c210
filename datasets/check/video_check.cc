#include "datasets/check/video_check.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/check/image_probe.h"
#include "datasets/clock.h"
#include "datasets/media/frame_stream.h"
#include "datasets/stated_length.h"
#include "datasets/video_media.h"
#include "ops/base/file.h"
#include "ops/formats/sniff.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtensions[] = {".mp4", ".mkv", ".webm", ".avi", ".MP4", ".MKV", ".WEBM", ".AVI"};
constexpr int64_t kNearTheEnd = 3;  // annotations of UCF101-24 end up to so many frames late
constexpr int kMostOfAKind = 20;    // findings of one kind and video; the rest is counted

std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

class OneVideo {
 public:
  OneVideo(const DatasetLayout& layout, const std::string& name, const VideoUse& use, CheckEffort effort,
           const std::function<void()>& frame_done)
      : layout_(layout),
        name_(name),
        use_(use),
        effort_(effort),
        frame_done_(frame_done),
        clock_{layout.first_second, layout.frames_per_second} {}

  VideoFacts Run() {
    const std::string folder = absl::StrCat(layout_.frames, "/", name_);
    std::error_code error;
    facts_.is_folder = !layout_.frames.empty() && fs::is_directory(folder, error);
    const std::vector<std::string> files = VideoFilesOf(layout_, name_);
    facts_.is_file = !files.empty();
    if (files.size() > 1) {
      Add(CheckSeverity::kWarning, "two_files", absl::StrCat("is there twice: ", files[0], ", ", files[1]));
    }
    if (facts_.is_folder) {
      CheckFolder(folder);
      if (facts_.is_file && facts_.frames > 0) CompareWithFile(files[0]);
    } else if (facts_.is_file) {
      CheckFile(files[0]);
    } else {
      Add(use_.used ? CheckSeverity::kError : CheckSeverity::kWarning, "missing_video",
          absl::StrCat(Missing(), use_.used ? "" : "; no row needs it"));
    }
    for (auto& [code, more] : hidden_) {
      facts_.findings.push_back(
          {CheckSeverity::kError, code, name_, absl::StrCat("and ", more, " more"), more});
    }
    return std::move(facts_);
  }

 private:
  void Add(CheckSeverity severity, const std::string& code, const std::string& text, int64_t count = 1) {
    if (++shown_[code] > kMostOfAKind) {
      ++hidden_[code];
      return;
    }
    facts_.findings.push_back({severity, code, name_, text, count});
  }

  std::string Missing() const {
    std::string text;
    if (!layout_.frames.empty()) absl::StrAppend(&text, "no folder ", layout_.frames, "/", name_);
    if (!layout_.videos.empty()) {
      absl::StrAppend(&text, text.empty() ? "no file " : ", no file ", layout_.videos, "/", name_,
                      ".{mp4,mkv,webm,avi}");
    }
    // Something whose name differs in case or extension only.
    const std::string wanted = absl::AsciiStrToLower(fs::path(LastPart(name_)).stem().string());
    for (const std::string& root : {layout_.frames, layout_.videos}) {
      std::error_code error;
      const fs::path parent = fs::path(absl::StrCat(root, "/", name_)).parent_path();
      if (root.empty()) continue;
      for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        const std::string stem = absl::AsciiStrToLower(entry->path().stem().string());
        if (stem == wanted) return absl::StrCat(text, "; there is ", entry->path().string());
      }
    }
    return text;
  }

  bool seconds() const { return layout_.keyframes == DatasetLayout::Keyframes::kSeconds; }

  // The frame, from 0, that key frame `timestamp` is.
  int64_t FrameOf(Timestamp timestamp) const {
    return seconds() ? clock_.FrameAt(timestamp) : timestamp.Floor() - 1;
  }

  void CheckLastKeyframe() {
    if (!use_.used || facts_.frames == 0) return;
    const int64_t last = FrameOf(use_.last);
    const std::string what = absl::StrCat(seconds() ? "second " : "frame ", use_.last.Text());
    if (last >= facts_.frames) {
      const int64_t beyond = last - facts_.frames + 1;
      Add(beyond <= kNearTheEnd ? CheckSeverity::kWarning : CheckSeverity::kError, "keyframe_beyond_end",
          absl::StrCat("has ", facts_.frames, " frames; key frame ", what, " of ", use_.last_file,
                       " is frame ", last + 1, ", ", beyond, " beyond the end"));
    }
    if (const int64_t first = FrameOf(use_.first); first < 0) {
      Add(CheckSeverity::kError, "keyframe_before_start",
          absl::StrCat("its first key frame, ", use_.first.Text(), ", is ", -first,
                       " frames before the first frame"));
    }
    // A folder that reaches far behind the last possible key frame has frames of a higher rate.
    const int64_t end = FrameOf(layout_.last_keyframe_second);
    const bool states_no_rate = seconds() && facts_.is_folder;
    if (states_no_rate && facts_.frames > end * 1.15 + 10 * layout_.frames_per_second) {
      Add(CheckSeverity::kWarning, "rate",
          absl::StrFormat(
              "has %d frames, %.1f s at %g frames a second; the last key second, %d, is after %g s: has it "
              "more frames a second?",
              facts_.frames, static_cast<double>(facts_.frames) / layout_.frames_per_second,
              layout_.frames_per_second, layout_.last_keyframe_second,
              layout_.last_keyframe_second - layout_.first_second));
    }
  }

  void CheckFolder(const std::string& folder) {
    const absl::StatusOr<FramePattern> pattern = FramePattern::Parse(layout_.frame_name);
    if (!pattern.ok()) return;  // the config's error
    const FrameFolder images = pattern->In(folder, LastPart(name_), layout_.first_frame);
    const absl::StatusOr<FolderListing> listing = ListFolder(images);
    if (!listing.ok())
      return Add(CheckSeverity::kError, "unreadable_folder", std::string(listing.status().message()));
    if (listing->frames == 0 && listing->before_first == 0) {
      if (listing->other_is_image) {
        return Add(CheckSeverity::kError, "frame_name",
                   absl::StrCat("its images are named ", listing->an_other, ", not ", NameOf(images, 0),
                                " (frame_name)"));
      }
      return Add(CheckSeverity::kError, "empty_folder",
                 absl::StrCat(folder, " has no image",
                              listing->others == 0 ? "" : absl::StrCat("; there is ", listing->an_other)));
    }
    if (listing->others > 0) {
      Add(listing->other_is_image ? CheckSeverity::kWarning : CheckSeverity::kNote, "other_files",
          absl::StrCat(listing->others, " other files in ", folder, ", as ", listing->an_other),
          listing->others);
    }
    if (listing->lowest != layout_.first_frame) {
      Add(CheckSeverity::kError, "first_frame",
          absl::StrCat("its first image is ", NameOf(images, listing->lowest - layout_.first_frame),
                       "; first_frame is ", layout_.first_frame));
    }
    CheckHoles(listing->missing);
    facts_.frames = listing->frames;
    CheckLastKeyframe();
    ProbeImages(images, *listing);
  }

  // Images that were made of a file are as many as the file has frames in their time.
  void CompareWithFile(const std::string& path) {
    const auto stream = FrameStream::Open(path, 0);
    if (!stream.ok() || (*stream)->stated() == 0) return;  // the images are read, not the file
    const int64_t stated = (*stream)->stated();
    if (!seconds()) {
      if (std::abs(facts_.frames - stated) <= LengthSlack(stated)) return;
      return Add(CheckSeverity::kWarning, "rate",
                 absl::StrCat("has ", facts_.frames, " images, and ", path, " has ", stated, " frames"));
    }
    const double from = layout_.first_second - layout_.video_first_second;
    const double length = static_cast<double>(stated) / (*stream)->rate() - from;
    const double shown = static_cast<double>(facts_.frames) / clock_.frames_per_second;
    const bool longer = shown > 1.02 * length + 1, shorter = shown < 0.98 * length - 1;
    if (!longer && !(shorter && from == 0)) return;  // images may leave out the end of a movie
    Add(CheckSeverity::kWarning, "rate",
        absl::StrFormat("has %d images, %.1f s at %g a second, and %s lasts %.1f s from second %g on; are "
                        "frames_per_second, first_second and video_first_second right?",
                        facts_.frames, shown, clock_.frames_per_second, path, length, layout_.first_second));
  }

  static std::string NameOf(const FrameFolder& images, int64_t frame) {
    return LastPart(images.PathOf(frame));
  }

  // Numbers are shown as in the names of images.
  void CheckHoles(const FrameRanges& missing) {
    std::string ranges;
    int64_t frames = 0;
    for (const FrameRange& range : missing) {
      if (range.first == 0) continue;  // "first_frame"
      frames += range.last - range.first + 1;
      if (ranges.size() > 200) continue;
      absl::StrAppend(&ranges, ranges.empty() ? "" : ", ", range.first + layout_.first_frame);
      if (range.last > range.first) absl::StrAppend(&ranges, "-", range.last + layout_.first_frame);
    }
    if (frames == 0) return;
    Add(CheckSeverity::kError, "hole",
        absl::StrCat(frames, " frames are missing: ", ranges, ranges.size() > 200 ? ", ..." : ""), frames);
  }

  // Looks at images spread evenly over the video, or at all.
  void ProbeImages(const FrameFolder& images, const FolderListing& listing) {
    const int64_t count = std::min(listing.frames, effort_.images);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t frame = i * listing.frames / count;
      if (HasFrame(listing.missing, frame)) continue;
      const std::string path = images.PathOf(frame);
      const ImageProbe probe = ProbeImage(path);
      frame_done_();
      if (probe.state != ImageProbe::State::kGood) {
        Add(CheckSeverity::kError, "broken_image",
            absl::StrCat(LastPart(path), " ", ImageFault(probe.state)));
      } else if (facts_.width == 0) {
        facts_.width = probe.width;
        facts_.height = probe.height;
      } else if (probe.width != facts_.width || probe.height != facts_.height) {
        Add(CheckSeverity::kError, "size_changes",
            absl::StrCat(LastPart(path), " is ", probe.width, "x", probe.height, ", the first image ",
                         facts_.width, "x", facts_.height));
      }
    }
  }

  void CheckFile(const std::string& path) {
    std::error_code error;
    if (fs::file_size(path, error) == 0 && !error)
      return Add(CheckSeverity::kError, "empty_file", path + " is empty");
    if (const auto look = formats::LookAt(path); look.ok() &&
                                                 formats::KindOf(*look) != formats::FileKind::kBinary &&
                                                 formats::KindOf(*look) != formats::FileKind::kVideo) {
      return Add(CheckSeverity::kError, "unreadable_video",
                 absl::StrCat(path, " ", formats::Described(*look)));
    }
    if (!effort_.decodes) return;
    const auto stream = FrameStream::Open(path, 0);
    if (!stream.ok())
      return Add(CheckSeverity::kError, "unreadable_video", std::string(stream.status().message()));
    FrameStream& video = **stream;
    const double rate = video.rate();
    clock_.first_second = layout_.video_first_second;
    if (rate > 0) clock_.frames_per_second = rate;
    if (seconds() && rate > 0 && !RatesAgree(rate, layout_.frames_per_second)) {
      Add(CheckSeverity::kError, "rate",
          absl::StrFormat("%s states %g frames a second; frames_per_second is %g", path, rate,
                          layout_.frames_per_second));
    }
    while (true) {
      const absl::StatusOr<bool> more = video.Advance();
      if (!more.ok()) {
        Add(CheckSeverity::kError, absl::IsDataLoss(more.status()) ? "cut_video" : "unreadable_video",
            std::string(more.status().message()));
        break;
      }
      if (!*more) break;
      if (video.index() == 0) {
        const absl::StatusOr<cv::Mat> frame = video.Frame();
        if (!frame.ok())
          return Add(CheckSeverity::kError, "unreadable_video", std::string(frame.status().message()));
        facts_.width = frame->cols;
        facts_.height = frame->rows;
      }
      frame_done_();
    }
    facts_.frames = video.index() + 1;
    const int64_t spanned = rate > 0 ? std::llround(video.seconds() * rate) + 1 : 0;
    if (spanned > facts_.frames + LengthSlack(facts_.frames)) {
      Add(CheckSeverity::kWarning, "frames_left_out",
          absl::StrCat(path, " has ", facts_.frames, " frames, and their times span ", spanned,
                       ": frame numbers and seconds do not agree"));
    }
    CheckLastKeyframe();
  }

  const DatasetLayout& layout_;
  const std::string& name_;
  const VideoUse& use_;
  const CheckEffort effort_;
  const std::function<void()>& frame_done_;
  Clock clock_;
  VideoFacts facts_;
  std::map<std::string, int> shown_;
  std::map<std::string, int64_t> hidden_;
};

}  // namespace

std::vector<std::string> VideoFilesOf(const DatasetLayout& layout, const std::string& name) {
  std::vector<std::string> files;
  for (const char* extension : kExtensions) {
    std::string path = absl::StrCat(layout.videos, "/", name, extension);
    if (!layout.videos.empty() && FileExists(path)) files.push_back(std::move(path));
  }
  return files;
}

VideoFacts CheckVideo(const DatasetLayout& layout, const std::string& name, const VideoUse& use,
                      CheckEffort effort, const std::function<void()>& frame_done) {
  return OneVideo(layout, name, use, effort, frame_done).Run();
}

}  // namespace mrsn::datasets
