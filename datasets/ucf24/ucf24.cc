#include "datasets/ucf24/ucf24.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/proposals.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

absl::StatusOr<std::string> VideoPath(const std::string& root, const std::string& video) {
  const std::string stem = absl::StrCat(root, "/videos/", video);
  for (const char* extension : {".avi", ".mp4"}) {
    if (FileExists(stem + extension)) return stem + extension;
  }
  return absl::NotFoundError(absl::StrCat(stem, ".avi: no such video, nor .mp4"));
}

// The files are read strictly: an odd row is an error.
formats::CsvOptions Strict(const absl::flat_hash_set<int>& class_ids) {
  formats::CsvOptions options;
  options.strict = true;
  options.allow_tubes = true;
  options.classes = &class_ids;
  return options;
}

Keyframe KeyframeOf(const formats::KeyframeTable& table, int number) {
  const formats::KeyframeTable::Entry& entry = table.keyframes()[number];
  return {table.videos()[entry.video], static_cast<int>(entry.micros / formats::KeyframeTable::kUnit)};
}

Box NormalisedBox(const formats::BoxD& box) {
  return {static_cast<float>(box.x1) / kUcf24FrameSize.width,
          static_cast<float>(box.y1) / kUcf24FrameSize.height,
          static_cast<float>(box.x2) / kUcf24FrameSize.width,
          static_cast<float>(box.y2) / kUcf24FrameSize.height};
}

// Ground truth of `videos` by key frame. With `need_tubes` a file without tubes is an error.
absl::StatusOr<std::map<Keyframe, KeyframeRecord>> ReadAnnotations(
    const std::string& path, const absl::flat_hash_set<std::string>& videos, bool need_tubes) {
  const absl::flat_hash_set<int> class_ids = formats::ClassIds(formats::Ucf24Classes());
  MRSN_ASSIGN_OR_RETURN(formats::CsvContents contents,
                        formats::ReadUcf24(path, formats::RowKind::kGroundTruth, Strict(class_ids)));
  if (need_tubes && !contents.has_tubes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no eighth column, tube, which dataset.clip.tubelets needs"));
  }
  formats::KeepVideos(videos, contents);
  std::map<Keyframe, KeyframeRecord> records;
  for (const formats::RowBlock& block : contents.blocks) {
    for (const formats::Row& row : block.rows) {
      AnnotatedBox annotated;
      annotated.keyframe = KeyframeOf(block.keyframes, row.keyframe);
      annotated.box = NormalisedBox(row.box);
      annotated.class_id = row.class_id;
      KeyframeRecord& record = records[annotated.keyframe];
      record.keyframe = annotated.keyframe;
      record.centre = annotated.keyframe.timestamp - 1;
      annotated.person_id = static_cast<int>(contents.has_tubes ? row.person_id : record.annotations.size());
      record.annotations.push_back(annotated);
    }
  }
  return records;
}

absl::StatusOr<std::map<Keyframe, std::vector<Actor>>> ReadDetections(const std::string& path) {
  formats::CsvOptions options;
  options.strict = true;
  MRSN_ASSIGN_OR_RETURN(const formats::CsvContents contents,
                        formats::ReadUcf24(path, formats::RowKind::kDetections, options));
  std::map<Keyframe, std::vector<Actor>> detections;
  for (const formats::RowBlock& block : contents.blocks) {
    for (const formats::Row& row : block.rows) {
      Actor actor;
      actor.score = static_cast<float>(row.score);
      actor.box = NormalisedBox(row.box);
      detections[KeyframeOf(block.keyframes, row.keyframe)].push_back(actor);
    }
  }
  return detections;
}

std::vector<Actor> ActorsOf(const KeyframeRecord& record, const std::vector<Actor>& detections,
                            bool has_detections, Usage usage, const Ucf24Options& options) {
  std::vector<Actor> truth;
  for (const AnnotatedBox& annotated : record.annotations)
    truth.push_back({annotated.box, 1, {annotated.class_id}, annotated.person_id});
  switch (usage) {
    case Usage::kTrain:
      return TrainingActors(truth, detections, options.training_iou);
    case Usage::kInference:
      if (has_detections) return InferenceActors(detections, options.inference_score);
      for (Actor& actor : truth) actor = {actor.box, actor.score, {}};
      return truth;
  }
  return {};
}

}  // namespace

std::vector<ActionClass> Ucf24Classes() {
  std::vector<ActionClass> classes;
  for (const formats::ActionClass& c : formats::Ucf24Classes()) classes.push_back({c.id, c.name, c.kind});
  return classes;
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenUcf24(const Ucf24Options& options,
                                                   ClipDatasetOptions clip_dataset, const std::string& root) {
  if (root.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("ucf24 needs a data root, the folder of videos/ and ", options.annotations));
  }
  if (!FileExists(root)) return absl::NotFoundError(absl::StrCat(root, ": no such data root"));
  const std::string split_path = absl::StrCat(root, "/", options.split, ".txt");
  const std::string annotations_path = absl::StrCat(root, "/", options.annotations);
  std::vector<std::string> files = {split_path, annotations_path};
  MRSN_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> listed, formats::ReadVideoList(split_path));
  MRSN_ASSIGN_OR_RETURN(auto annotated, ReadAnnotations(annotations_path, listed, clip_dataset.tubelets));
  std::map<Keyframe, std::vector<Actor>> detections;
  if (!options.detections.empty()) {
    files.push_back(absl::StrCat(root, "/", options.detections));
    MRSN_ASSIGN_OR_RETURN(detections, ReadDetections(files.back()));
  }

  const std::set<std::string> videos(listed.begin(), listed.end());  // in order
  std::map<std::string, int> position;
  for (const std::string& video : videos) {
    MRSN_ASSIGN_OR_RETURN(std::string path, VideoPath(root, video));
    position[video] = static_cast<int>(clip_dataset.video_paths.size());
    clip_dataset.video_paths.push_back(std::move(path));
  }
  std::vector<KeyframeRecord> records;
  std::map<std::string, int> frames_of;  // annotated frames seen of each video
  for (auto& [keyframe, record] : annotated) {
    record.video = position.at(keyframe.video);
    if (clip_dataset.tubelets) {
      for (const AnnotatedBox& box : record.annotations)
        clip_dataset.tubes[{record.video, box.person_id}][record.centre] = box.box;
    }
    if (frames_of[keyframe.video]++ % options.keyframe_step != 0) continue;
    record.actors =
        ActorsOf(record, detections[keyframe], !options.detections.empty(), clip_dataset.usage, options);
    records.push_back(std::move(record));
  }
  for (const std::string& video : videos) {
    if (frames_of.count(video) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(annotations_path, ": no row of ", video, ", which ", split_path, " names"));
    }
  }
  clip_dataset.classes = Ucf24Classes();
  clip_dataset.annotation_frame_size = kUcf24FrameSize;
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint,
                        FingerprintFiles(absl::StrCat("ucf24 keyframe_step ", options.keyframe_step), files,
                                         clip_dataset.video_paths));
  return MakeClipDataset(std::move(clip_dataset), std::move(records));
}

}  // namespace mrsn::datasets
