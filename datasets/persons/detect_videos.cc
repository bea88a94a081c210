#include "datasets/persons/detect_videos.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/for_each_video.h"
#include "datasets/media/frame_stream.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

constexpr int kNoLabel = -1;  // as in PySlowFast's lists
constexpr double kUsualRate = 25;

// Five decimals are a hundredth of a pixel of a wide frame.
double Rounded(float value) { return std::round(value * 1e5) / 1e5; }

void AppendRows(const std::string& video, Timestamp timestamp, const std::vector<PersonBox>& persons,
                const DetectOptions& options, VideoDetections* found) {
  for (const PersonBox& person : persons) {
    formats::Detection row;
    row.keyframe = {video, timestamp};
    row.box = {Rounded(person.box.x1), Rounded(person.box.y1), Rounded(person.box.x2),
               Rounded(person.box.y2)};
    row.score = Rounded(person.score);
    if (!row.box.Valid()) continue;
    if (options.keyframes == DetectOptions::Keyframes::kSeconds) {
      row.class_id = kNoLabel;
      found->rows += formats::FormatAvaRow(row);
    } else {
      row.box = {row.box.x1 * options.frame_size.width, row.box.y1 * options.frame_size.height,
                 row.box.x2 * options.frame_size.width, row.box.y2 * options.frame_size.height};
      found->rows += formats::FormatUcf24Row(row);
    }
    ++found->boxes;
  }
  ++found->keyframes;
  found->last_keyframe_reached = timestamp;
}

// All that decides about the rows of a part.
std::string SettingsText(const DetectOptions& options, const std::string& detector) {
  std::string text = absl::StrCat(detector, "\n");
  if (options.keyframes == DetectOptions::Keyframes::kSeconds) {
    absl::StrAppend(
        &text, "key frames: seconds, first second ", options.first_second, ", from ",
        options.first_keyframe.has_value() ? absl::StrCat(*options.first_keyframe) : "the first", " to ",
        options.last_keyframe.has_value() ? absl::StrCat(*options.last_keyframe) : "the last", "\n");
  } else {
    absl::StrAppend(&text, "key frames: every ", options.frame_step, ". frame, boxes in pixels of ",
                    options.frame_size.width, "x", options.frame_size.height, "\n");
  }
  if (options.every != 1) absl::StrAppend(&text, "one every ", options.every.Text(), " s\n");
  absl::StrAppend(&text, "folders have ", options.frames_per_second, " frames a second\n");
  return text;
}

absl::Status CheckSettings(const std::string& folder, const std::string& text) {
  const std::string path = absl::StrCat(folder, "/settings.txt");
  if (!FileExists(path)) return WriteFileAtomically(path, text);
  MRSN_ASSIGN_OR_RETURN(const std::string before, ReadFile(path));
  if (before == text) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": an earlier run had other settings; remove ", folder, " or name another output"));
}

// The first multiple of `every` that is no earlier than the video and the first key second.
Timestamp FirstKeyframe(const DetectOptions& options) {
  Timestamp first = Timestamp::Nearest(options.first_second);
  if (options.first_keyframe.has_value()) first = std::max(first, Timestamp(*options.first_keyframe));
  const int64_t step = options.every.micros();
  return Timestamp::OfMicros((first.micros() + step - 1) / step * step);  // first_second is not negative
}

}  // namespace

absl::StatusOr<VideoDetections> DetectVideo(const MediaFile& video, const DetectOptions& options,
                                            PersonDetector& detector,
                                            const std::function<void()>& frame_done) {
  const bool seconds = options.keyframes == DetectOptions::Keyframes::kSeconds;
  MRSN_ASSIGN_OR_RETURN(const auto stream, FrameStream::Open(video.path, options.frames_per_second));
  // A second halfway between two frames is of the later one, as in datasets/clock.h. Seconds count to a
  // millionth.
  const double half_frame = 0.5 / (stream->rate() > 0 ? stream->rate() : kUsualRate) - 1e-6;
  Timestamp next = FirstKeyframe(options);
  VideoDetections found;
  while (!seconds || !options.last_keyframe.has_value() || next <= *options.last_keyframe) {
    MRSN_ASSIGN_OR_RETURN(const bool more, stream->Advance());
    if (!more) break;
    if (!seconds && stream->index() % options.frame_step != 0) continue;
    const double second = options.first_second + stream->seconds();
    if (seconds && next.value() >= second + half_frame) continue;
    MRSN_ASSIGN_OR_RETURN(const cv::Mat frame, stream->Frame());
    const absl::StatusOr<std::vector<PersonBox>> persons = detector.Detect(frame);
    if (!persons.ok()) {
      return absl::Status(persons.status().code(), absl::StrCat(video.path, ": frame ", stream->index() + 1,
                                                                ": ", persons.status().message()));
    }
    if (seconds) {
      // Frames that are missing: one frame may be the nearest of several seconds.
      for (; next.value() < second + half_frame; next = next + options.every) {
        if (options.last_keyframe.has_value() && next > *options.last_keyframe) break;
        AppendRows(video.name, next, *persons, options, &found);
      }
    } else {
      AppendRows(video.name, static_cast<int>(stream->index()) + 1, *persons, options, &found);
    }
    frame_done();
  }
  return found;
}

absl::StatusOr<DetectReport> DetectVideos(
    const std::vector<MediaFile>& videos, const DetectOptions& options, const std::string& settings,
    const std::function<absl::StatusOr<std::unique_ptr<PersonDetector>>()>& make_detector,
    const std::string& output, bool skip_failed) {
  if (FileExists(output)) {
    return absl::AlreadyExistsError(absl::StrCat(output, ": exists; remove it or name another output"));
  }
  const std::string folder = absl::StrCat(output, ".parts");
  MRSN_RETURN_IF_ERROR(CheckSettings(folder, SettingsText(options, settings)));
  const auto part_of = [&](const MediaFile& video) { return absl::StrCat(folder, "/", video.name, ".csv"); };

  DetectReport report;
  report.videos = static_cast<int64_t>(videos.size());
  std::vector<const MediaFile*> missing;
  for (const MediaFile& video : videos) {
    if (FileExists(part_of(video))) {
      ++report.resumed;
    } else {
      missing.push_back(&video);
    }
  }
  const int threads = static_cast<int>(std::clamp<int64_t>(missing.size(), 1, std::max(1, options.threads)));
  std::vector<std::unique_ptr<PersonDetector>> detectors(threads);
  for (auto& detector : detectors) {
    MRSN_ASSIGN_OR_RETURN(detector, make_detector());
  }
  std::vector<int64_t> boxes(missing.size());
  std::vector<char> early(missing.size());
  const auto detect = [&](int thread, int64_t i, const std::function<void()>& frame_done) -> absl::Status {
    MRSN_ASSIGN_OR_RETURN(const VideoDetections found,
                          DetectVideo(*missing[i], options, *detectors[thread], frame_done));
    boxes[i] = found.boxes;
    early[i] = options.last_keyframe.has_value() &&
               found.last_keyframe_reached.value_or(-1) + options.every <= *options.last_keyframe;
    return WriteFileAtomically(part_of(*missing[i]), found.rows);
  };
  const std::vector<absl::Status> statuses =
      ForEachVideo("detect persons", static_cast<int64_t>(missing.size()), threads, detect);
  for (size_t i = 0; i < missing.size(); ++i) {
    report.boxes += boxes[i];
    if (early[i]) report.ended_early.push_back(missing[i]->name);
    if (!statuses[i].ok())
      report.failed.push_back(absl::StrCat(missing[i]->name, ": ", statuses[i].message()));
  }
  if (!report.failed.empty() && !skip_failed) return report;

  std::string rows;
  for (const MediaFile& video : videos) {
    if (!FileExists(part_of(video))) continue;
    MRSN_ASSIGN_OR_RETURN(const std::string part, ReadFile(part_of(video)));
    rows += part;
  }
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(output, rows));
  std::error_code ignored;
  if (report.failed.empty()) std::filesystem::remove_all(folder, ignored);
  return report;
}

}  // namespace mrsn::datasets
