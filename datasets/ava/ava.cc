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
#include "datasets/video_frames.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

absl::Status Missing(size_t missing, size_t all, absl::string_view what, const std::string& first) {
  return absl::NotFoundError(
      absl::StrCat(missing, " of ", all, " ", what, " are missing, first ", first,
                   "; expected below the data root, unless the config names others: annotations/ with AVA's "
                   "files, frames/<video>/<video>_000001.jpg and on, 30 a second from second ",
                   kFirstSecond, " on"));
}

absl::Status CheckFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> missing;
  for (const std::string& path : paths) {
    if (!FileExists(path)) missing.push_back(path);
  }
  return missing.empty() ? absl::OkStatus() : Missing(missing.size(), paths.size(), "files", missing[0]);
}

// How many frames each folder has.
absl::StatusOr<std::vector<int64_t>> CountAll(const std::vector<std::string>& folders) {
  std::vector<int64_t> counts;
  std::vector<std::string> missing;
  for (const std::string& folder : folders) {
    counts.push_back(CountFrames(JpegFolder(folder)));
    if (counts.back() == 0) missing.push_back(JpegFolder(folder).PathOf(0));
  }
  if (missing.empty()) return counts;
  return Missing(missing.size(), folders.size(), "videos' frames", missing[0]);
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
  MRSN_ASSIGN_OR_RETURN(std::vector<AnnotatedBox> annotations, ReadAvaAnnotations(files[0]));
  if (!options.excluded.empty()) {
    MRSN_ASSIGN_OR_RETURN(const std::set<Keyframe> excluded, ReadAvaExcluded(below(options.excluded)));
    annotations.erase(
        std::remove_if(annotations.begin(), annotations.end(),
                       [&](const AnnotatedBox& row) { return excluded.count(row.keyframe) > 0; }),
        annotations.end());
  }
  if (annotations.empty())
    return absl::InvalidArgumentError(absl::StrCat(files[0], ": no key frame is left"));
  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.training_iou = options.training_iou;
  keyframes.inference_score = options.inference_score;
  keyframes.has_boxes = !options.boxes.empty();
  std::vector<DetectedBox> boxes;
  if (keyframes.has_boxes) {
    MRSN_ASSIGN_OR_RETURN(boxes, ReadAvaBoxes(below(options.boxes)));
  }
  std::vector<std::string> videos;
  auto records = MakeAvaKeyframes(annotations, boxes, clip_dataset.classes, keyframes, &videos);
  if (!records.ok()) {
    return absl::Status(records.status().code(), absl::StrCat(files[0], ": ", records.status().message()));
  }

  for (const std::string& video : videos) {
    clip_dataset.video_paths.push_back(below(absl::StrCat(options.frames, "/", video)));
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.folder_frames, CountAll(clip_dataset.video_paths));
  std::string identity = "ava";
  for (size_t i = 0; i < videos.size(); ++i) {
    absl::StrAppend(&identity, "\n", videos[i], " ", clip_dataset.folder_frames[i]);
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint, FingerprintFiles(identity, files, {}));
  return MakeClipDataset(std::move(clip_dataset), *std::move(records));
}

}  // namespace mrsn::datasets
