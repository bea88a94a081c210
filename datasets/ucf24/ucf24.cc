#include "datasets/ucf24/ucf24.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/csv.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/proposals.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr const char* kClassNames[] = {
    "Basketball",
    "BasketballDunk",
    "Biking",
    "CliffDiving",
    "CricketBowling",
    "Diving",
    "Fencing",
    "FloorGymnastics",
    "GolfSwing",
    "HorseRiding",
    "IceDancing",
    "LongJump",
    "PoleVault",
    "RopeClimbing",
    "SalsaSpin",
    "SkateBoarding",
    "Skiing",
    "Skijet",
    "SoccerJuggling",
    "Surfing",
    "TennisSwing",
    "TrampolineJumping",
    "VolleyballSpiking",
    "WalkingWithDog",
};
constexpr int kNumClasses = std::size(kClassNames);

absl::StatusOr<std::set<std::string>> ReadSplit(const std::string& path) {
  std::set<std::string> videos;
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&videos](const CsvRow& row) -> absl::Status {
    // A name that leads out of the data root is no video of this data set.
    const std::string name(row[0]);
    if (row.size() != 1 || name.find("..") != std::string::npos || name[0] == '/') {
      return row.Error(absl::StrCat("\"", row[0].substr(0, 60), "\", expected Class/v_Class_gXX_cYY"));
    }
    videos.insert(name);
    return absl::OkStatus();
  }));
  if (videos.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": names no video"));
  return videos;
}

absl::StatusOr<std::string> VideoPath(const std::string& root, const std::string& video) {
  const std::string stem = absl::StrCat(root, "/videos/", video);
  for (const char* extension : {".avi", ".mp4"}) {
    if (FileExists(stem + extension)) return stem + extension;
  }
  return absl::NotFoundError(absl::StrCat(stem, ".avi: no such video, nor .mp4"));
}

absl::StatusOr<Keyframe> KeyframeOf(const CsvRow& row) {
  Keyframe keyframe;
  keyframe.video = std::string(row[0]);
  MRSN_ASSIGN_OR_RETURN(keyframe.timestamp, row.Int(1, "frame"));
  if (keyframe.timestamp < 1)
    return row.Error(absl::StrCat("frame is ", keyframe.timestamp, ", the first one is 1"));
  return keyframe;
}

// Ground truth by key frame. With `need_tubes` a file without the column tube is an error.
absl::StatusOr<std::map<Keyframe, KeyframeRecord>> ReadAnnotations(const std::string& path,
                                                                   const std::set<std::string>& videos,
                                                                   bool need_tubes) {
  std::map<Keyframe, KeyframeRecord> records;
  int columns = 0;  // of the first row
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&](const CsvRow& row) -> absl::Status {
    if (row.size() != 7 && row.size() != 8) {
      return row.Error(absl::StrCat(row.size(), " columns, expected video,frame,class,x1,y1,x2,y2[,tube]"));
    }
    if (columns == 0) columns = row.size();
    if (row.size() != columns) {
      return row.Error(absl::StrCat(row.size(), " columns, the rows before have ", columns));
    }
    if (need_tubes && columns == 7) {
      return row.Error("no eighth column, tube, which dataset.clip.tubelets needs");
    }
    MRSN_ASSIGN_OR_RETURN(const Keyframe keyframe, KeyframeOf(row));
    AnnotatedBox annotated;
    annotated.keyframe = keyframe;
    MRSN_ASSIGN_OR_RETURN(annotated.class_id, row.Int(2, "class"));
    if (annotated.class_id < 0 || annotated.class_id >= kNumClasses) {
      return row.Error(absl::StrCat("class is ", annotated.class_id, ", allowed: 0..", kNumClasses - 1));
    }
    MRSN_ASSIGN_OR_RETURN(annotated.box, row.BoxAt(3, kUcf24FrameSize.width, kUcf24FrameSize.height));
    if (videos.count(keyframe.video) == 0) return absl::OkStatus();
    int tube = -1;
    if (columns == 8) {
      MRSN_ASSIGN_OR_RETURN(tube, row.Int(7, "tube"));
      if (tube < 0) return row.Error(absl::StrCat("tube is ", tube, ", allowed: 0 or more"));
    }
    KeyframeRecord& record = records[keyframe];
    record.keyframe = keyframe;
    record.centre = keyframe.timestamp - 1;
    for (const AnnotatedBox& other : record.annotations) {
      if (tube >= 0 && other.person_id == tube)
        return row.Error(absl::StrCat("tube ", tube, " has a second box in this frame"));
    }
    annotated.person_id = columns == 8 ? tube : static_cast<int>(record.annotations.size());
    record.annotations.push_back(annotated);
    return absl::OkStatus();
  }));
  return records;
}

absl::StatusOr<std::map<Keyframe, std::vector<Actor>>> ReadDetections(const std::string& path) {
  std::map<Keyframe, std::vector<Actor>> detections;
  MRSN_RETURN_IF_ERROR(ReadCsv(path, [&](const CsvRow& row) -> absl::Status {
    if (row.size() != 8) {
      return row.Error(absl::StrCat(row.size(), " columns, expected video,frame,class,score,x1,y1,x2,y2"));
    }
    MRSN_ASSIGN_OR_RETURN(const Keyframe keyframe, KeyframeOf(row));
    Actor actor;
    MRSN_ASSIGN_OR_RETURN(actor.score, row.Float(3, "score"));
    if (actor.score < 0 || actor.score > 1)
      return row.Error(absl::StrCat("score is ", actor.score, ", allowed: 0..1"));
    MRSN_ASSIGN_OR_RETURN(actor.box, row.BoxAt(4, kUcf24FrameSize.width, kUcf24FrameSize.height));
    detections[keyframe].push_back(actor);
    return absl::OkStatus();
  }));
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

std::string Ucf24TestdataFolder() { return DataFilesRoot() + "/datasets/ucf24/testdata"; }

std::vector<ActionClass> Ucf24Classes() {
  std::vector<ActionClass> classes;
  for (int i = 0; i < kNumClasses; ++i) classes.push_back({i, kClassNames[i], "action"});
  return classes;
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenUcf24(const Ucf24Options& options,
                                                   ClipDatasetOptions clip_dataset,
                                                   const std::string& given_root) {
  const std::string root = given_root.empty() ? Ucf24TestdataFolder() : given_root;
  if (!FileExists(root)) return absl::NotFoundError(absl::StrCat(root, ": no such data root"));
  const std::string split_path = absl::StrCat(root, "/", options.split, ".txt");
  const std::string annotations_path = absl::StrCat(root, "/", options.annotations);
  std::vector<std::string> files = {split_path, annotations_path};
  MRSN_ASSIGN_OR_RETURN(const std::set<std::string> videos, ReadSplit(split_path));
  MRSN_ASSIGN_OR_RETURN(auto annotated, ReadAnnotations(annotations_path, videos, clip_dataset.tubelets));
  std::map<Keyframe, std::vector<Actor>> detections;
  if (!options.detections.empty()) {
    files.push_back(absl::StrCat(root, "/", options.detections));
    MRSN_ASSIGN_OR_RETURN(detections, ReadDetections(files.back()));
  }

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
