#include "experiments/detect/detect_videos.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

std::string Summary(const DetectedVideo& video) {
  size_t persons = 0;
  int tracks = 0;
  for (const DetectedKeyframe& keyframe : video.keyframes) {
    persons += keyframe.persons.size();
    for (const ScoredPerson& person : keyframe.persons) tracks = std::max(tracks, person.track);
  }
  return absl::StrCat(video.keyframes.size(), " key frames, ", persons, " persons in them, ", tracks,
                      " tracks");
}

// "12.0 s, person 1: walk (0.93)" for each person of a stream's key frame.
void PrintKeyframe(const DetectJob& job, const DetectedKeyframe& keyframe) {
  const std::vector<datasets::ActionClass>& classes = job.detection.classes;
  for (const ScoredPerson& person : keyframe.persons) {
    const int best = ByScore(person.scores, classes).front();
    std::printf("%.1f s, person %d: %s (%.2f)\n", job.detection.first_second + keyframe.seconds, person.track,
                classes[best].name.c_str(), person.scores[best]);
  }
  std::fflush(stdout);
}

absl::StatusOr<std::unique_ptr<VideoBank>> BankOf(const DetectJob& job, const InputVideo& input,
                                                  PersonFinder& persons) {
  VideoBankOptions options = job.bank;
  options.name = input.name;
  options.path = input.path;
  options.folder = absl::StrCat(job.output, "/.bank.tmp.", ::getpid());
  job.scorer->ReadBank(nullptr);
  return VideoBank::Write(options, persons, job.bank_writer != nullptr ? *job.bank_writer : *job.scorer);
}

absl::Status DetectOne(const DetectJob& job, const InputVideo& input) {
  DetectVideoOptions options = job.detection;
  options.name = input.name;
  options.path = input.path;
  options.output_stem = absl::StrCat(job.output, "/", input.name);
  MRSN_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(options.output_stem).parent_path()));
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<PersonFinder> finder, job.persons.For(input.name));
  const std::unique_ptr<PersonFinder> persons = Remembering(*finder);
  if (input.live) {
    options.live = true;
    options.on_keyframe = [&](const DetectedKeyframe& keyframe) { PrintKeyframe(job, keyframe); };
  }
  std::unique_ptr<VideoBank> bank;
  if (input.live && job.scorer->needs().bank.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        input.path,
        ": a stream is read once, and the model reads a bank of the whole video; store it first"));
  }
  if (job.scorer->needs().bank.has_value()) {
    MRSN_ASSIGN_OR_RETURN(bank, BankOf(job, input, *persons));
    job.scorer->ReadBank(&bank->bank());
  }
  MRSN_ASSIGN_OR_RETURN(const DetectedVideo video,
                        DetectVideo(options, *persons, [&](datasets::Sample sample) {
                          return job.scorer->Score(std::move(sample));
                        }));
  std::string written = "csv, json";
  if (job.draw && !input.live) {  // drawing reads the video once more
    RenderOptions rendering = job.rendering;
    rendering.stem = options.output_stem;
    rendering.title = absl::StrCat(input.name, "  |  ", rendering.title);
    MRSN_ASSIGN_OR_RETURN(const std::string codec, RenderVideo(video, rendering));
    absl::StrAppend(&written, ", mp4 (", codec, "), png", rendering.relations ? ", relations.mp4" : "");
  }
  std::printf("%s: %s; wrote %s.{%s}\n", input.path.c_str(), Summary(video).c_str(),
              options.output_stem.c_str(), written.c_str());
  std::fflush(stdout);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PersonFinder>> Persons::For(const std::string& video) const {
  if (file.has_value()) return file->For(video);
  return FinderOf(*detector);
}

std::string Persons::Name(const std::string& boxes) const {
  return absl::StrCat(file.has_value() ? boxes : detector->Name(), ", score above ", score);
}

absl::Status DetectVideos(const DetectJob& job, const std::vector<InputVideo>& videos) {
  std::vector<std::string> failed;
  absl::Status first;
  for (const InputVideo& video : videos) {
    const absl::Status status = DetectOne(job, video);
    if (status.ok()) continue;
    if (videos.size() == 1 || StoppedExitCode(status) != 0) return status;
    std::fprintf(stderr, "failed: %s\n", std::string(status.message()).c_str());
    failed.push_back(video.name);
    first.Update(status);
  }
  if (failed.empty()) return absl::OkStatus();
  return absl::Status(first.code(), absl::StrCat(failed.size(), " of ", videos.size(), " videos failed: ",
                                                 absl::StrJoin(failed, ", "), "; first ", first.message()));
}

}  // namespace mrsn::experiments
