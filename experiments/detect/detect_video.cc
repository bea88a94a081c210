#include "experiments/detect/detect_video.h"

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

using datasets::PersonBox;
using datasets::StreamedClip;

// An error with the key frame's place before it.
absl::Status At(const DetectVideoOptions& options, const StreamedClip& clip, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(options.path, ": second ", options.first_second + clip.seconds, " (frame ",
                                   clip.frame + 1, "): ", status.message()));
}

absl::StatusOr<DetectedKeyframe> Detect(const DetectVideoOptions& options, const datasets::ClipStream& clips,
                                        StreamedClip clip, PersonFinder& persons, const ScoreClip& score,
                                        Tracker& tracker) {
  DetectedKeyframe keyframe;
  keyframe.seconds = clip.seconds;
  keyframe.frame = clip.frame;
  const auto found = persons.Find({options.first_second + clip.seconds, clip.frame, clip.picture});
  if (!found.ok()) return At(options, clip, found.status());
  std::vector<Box> boxes;
  std::vector<datasets::Actor> actors;
  for (const PersonBox& person : *found) {
    boxes.push_back(person.box);
    actors.push_back({person.box, person.score, {}});
  }
  const std::vector<int> tracks = tracker.Update(clip.seconds, boxes);
  if (boxes.empty()) return keyframe;
  clips.PutPersons(std::move(actors), &clip.sample);
  clip.sample.keyframe = {options.name, static_cast<int>(std::lround(options.first_second + clip.seconds))};
  auto scored = score(std::move(clip.sample));
  if (!scored.ok()) return At(options, clip, scored.status());
  for (size_t n = 0; n < boxes.size(); ++n) {
    keyframe.persons.push_back({boxes[n], (*found)[n].score, tracks[n], std::move(scored->scores[n])});
    if (!scored->relations.empty()) keyframe.persons[n].relations = std::move(scored->relations[n]);
  }
  return keyframe;
}

}  // namespace

absl::StatusOr<DetectedVideo> DetectVideo(const DetectVideoOptions& options, PersonFinder& persons,
                                          const ScoreClip& score) {
  CatchStopSignals();
  MRSN_ASSIGN_OR_RETURN(const auto clips, datasets::ClipStream::Open(options.path, options.clips));
  DetectedVideo video;
  video.name = options.name;
  video.path = options.path;
  video.frames_per_second = clips->frames().file_rate();
  std::unique_ptr<DetectionWriter> writer;
  Tracker tracker(options.tracker);
  const int64_t stated = clips->stated_keyframes();
  ProgressBar bar(absl::StrCat("detect ", video.name), stated, "frames");
  while (true) {
    if (StopSignal() != 0 && options.live && !video.keyframes.empty()) break;
    if (StopSignal() != 0) {
      return Stopped(absl::StrCat(options.path, ": nothing is written of it; the same command begins anew"));
    }
    MRSN_ASSIGN_OR_RETURN(std::optional<StreamedClip> clip, clips->Next());
    if (!clip.has_value()) break;
    if (video.keyframes.empty()) {
      video.width = clips->frames().frame_size().width;
      video.height = clips->frames().frame_size().height;
    }
    if (writer == nullptr && !options.output_stem.empty()) {
      MRSN_ASSIGN_OR_RETURN(writer, DetectionWriter::Open(options.output_stem, options.origin, video,
                                                          options.first_second, options.classes));
    }
    MRSN_ASSIGN_OR_RETURN(DetectedKeyframe keyframe,
                          Detect(options, *clips, *std::move(clip), persons, score, tracker));
    if (writer != nullptr) MRSN_RETURN_IF_ERROR(writer->Add(keyframe));
    if (options.on_keyframe) options.on_keyframe(keyframe);
    video.keyframes.push_back(std::move(keyframe));
    bar.Update(static_cast<int64_t>(video.keyframes.size()), clips->frames().frames_read(), "");
  }
  bar.Finish();
  MRSN_RETURN_IF_ERROR(persons.Finish());
  if (video.keyframes.empty()) return absl::DataLossError(absl::StrCat(options.path, ": has no frame"));
  video.frames = clips->frames().frames_read();
  if (writer != nullptr) MRSN_RETURN_IF_ERROR(writer->Finish(video.frames));
  return video;
}

}  // namespace mrsn::experiments
