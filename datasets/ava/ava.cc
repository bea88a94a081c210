#include "datasets/ava/ava.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/locate_media.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr char kLayout[] =
    "; expected below the data root, unless the config names others: annotations/ with AVA's files, and "
    "frames/<video>/<video>_000001.jpg and on, 30 a second from second 900 on, or videos/<video>.mp4";

absl::Status CheckFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> missing;
  for (const std::string& path : paths) {
    if (!FileExists(path)) missing.push_back(path);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(missing.size(), " of ", paths.size(), " files are missing, first ", missing[0], kLayout));
}

absl::StatusOr<std::vector<ActionClass>> ReadClasses(const std::string& path,
                                                     const std::string& evaluated_path) {
  MRSN_ASSIGN_OR_RETURN(std::vector<ActionClass> classes, ReadLabelMap(path));
  MRSN_ASSIGN_OR_RETURN(const std::vector<ActionClass> evaluated, ReadLabelMap(evaluated_path));
  for (ActionClass& action : classes) action.evaluated = false;
  for (const ActionClass& wanted : evaluated) {
    const auto action = std::find_if(classes.begin(), classes.end(),
                                     [&](const ActionClass& other) { return other.id == wanted.id; });
    if (action == classes.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(evaluated_path, ": id ", wanted.id, " (", wanted.name, ") is not in ", path));
    }
    action->evaluated = true;
  }
  return classes;
}

// Says how many boxes are used; an error if none of them is. Training needs no box: it has ground truth.
absl::Status NoteBoxes(const AvaKeyframes& made, const AvaOptions& options, Usage usage,
                       const std::string& file, std::vector<std::string>* notes) {
  if (options.boxes.empty()) return absl::OkStatus();
  if (made.strange_boxes > 0) {
    notes->push_back(absl::StrCat(made.strange_boxes, " rows of ", file,
                                  " are left out: their videos have no annotation"));
  }
  if (usage == Usage::kTrain) return absl::OkStatus();
  notes->push_back(made.counts.Note(file, options.proposals.inference_score));
  return made.counts.Check(file, options.proposals.inference_score);
}

// Key frames before frame 0 are an error, because their clips would show frame 0 only. Those behind the last
// image of a folder are noted: they fail when they are loaded, and a training may leave them out.
absl::Status CheckEnds(const AvaKeyframes& made, const std::vector<VideoMedia>& videos,
                       const AvaOptions& options, std::vector<std::string>* notes) {
  const auto describe = [&](const std::vector<const KeyframeRecord*>& outside, absl::string_view where) {
    const KeyframeRecord& first = *outside[0];
    return absl::StrCat(outside.size(), " of ", made.records.size(), " key frames lie ", where,
                        " of their videos, first second ", first.keyframe.timestamp, " of ",
                        videos[first.video].path, ", which is frame ", first.centre,
                        " from 0 by ava.first_second ", options.first_second, " and ava.frames_per_second ",
                        options.frames_per_second);
  };
  std::vector<const KeyframeRecord*> before, behind;
  for (const KeyframeRecord& record : made.records) {
    const VideoMedia& media = videos[record.video];
    if (record.centre < 0) before.push_back(&record);
    if (media.images.has_value() && record.centre >= media.count) behind.push_back(&record);
  }
  if (!before.empty()) return absl::OutOfRangeError(describe(before, "before the first frame"));
  if (!behind.empty()) notes->push_back(describe(behind, "behind the last image"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataset>> OpenAva(const AvaOptions& options, ClipDatasetOptions clip_dataset,
                                                 const std::string& root) {
  const auto below = [&](const std::string& path) { return (std::filesystem::path(root) / path).string(); };
  std::vector<std::string> files = {below(options.annotations), below(options.label_map),
                                    below(options.evaluated_label_map)};
  if (!options.excluded.empty()) files.push_back(below(options.excluded));
  if (!options.boxes.empty()) files.push_back(below(options.boxes));
  MRSN_RETURN_IF_ERROR(CheckFiles(files));

  MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadClasses(files[1], files[2]));
  MRSN_ASSIGN_OR_RETURN(const BoxTable annotations, ReadAvaAnnotations(files[0], options.names));
  std::set<Keyframe> excluded;
  if (!options.excluded.empty()) {
    MRSN_ASSIGN_OR_RETURN(excluded, ReadAvaExcluded(below(options.excluded), options.names));
  }
  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.proposals = options.proposals;
  keyframes.has_boxes = !options.boxes.empty();
  keyframes.first_second = options.first_second;
  keyframes.frames_per_second = options.frames_per_second;
  BoxTable boxes;
  if (keyframes.has_boxes) {
    MRSN_ASSIGN_OR_RETURN(boxes, ReadAvaBoxes(below(options.boxes), options.names));
  }
  auto made = MakeAvaKeyframes(annotations, boxes, excluded, clip_dataset.classes, keyframes);
  if (!made.ok()) {
    return absl::Status(made.status().code(), absl::StrCat(files[0], ": ", made.status().message()));
  }
  if (made->records.empty())
    return absl::InvalidArgumentError(absl::StrCat(files[0], ": no key frame is left"));
  MRSN_RETURN_IF_ERROR(NoteBoxes(*made, options, keyframes.usage, below(options.boxes), &clip_dataset.notes));

  auto media = LocateMedia(root, options.media, made->videos);
  if (!media.ok()) {
    return absl::Status(media.status().code(), absl::StrCat(media.status().message(), kLayout));
  }
  clip_dataset.videos = *std::move(media);
  MRSN_RETURN_IF_ERROR(CheckEnds(*made, clip_dataset.videos, options, &clip_dataset.notes));
  // The number changes when the same files give other key frames or actors.
  std::string identity = "ava 2";
  if (options.first_second != AvaOptions().first_second ||
      options.frames_per_second != AvaOptions().frames_per_second) {
    absl::StrAppend(&identity, " from ", options.first_second, " at ", options.frames_per_second);
  }
  if (keyframes.usage == Usage::kBank) absl::StrAppend(&identity, " bank");
  for (size_t i = 0; i < made->videos.size(); ++i) {
    absl::StrAppend(&identity, "\n", made->videos[i], " ", clip_dataset.videos[i].count);
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint, FingerprintFiles(identity, files, {}));
  return MakeClipDataset(std::move(clip_dataset), std::move(made->records));
}

}  // namespace mrsn::datasets
