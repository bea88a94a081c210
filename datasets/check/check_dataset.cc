#include "datasets/check/check_dataset.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_config.h"
#include "datasets/check/annotation_checks.h"
#include "datasets/check/checked_videos.h"
#include "datasets/check/media_checks.h"
#include "datasets/dataset_opener.h"
#include "datasets/open_dataset.h"
#include "datasets/ucf24/ucf24.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

std::string Below(const std::string& root, const std::string& path) {
  return path.empty() ? "" : absl::StrCat(root, "/", path);
}

absl::StatusOr<DatasetLayout> LayoutOfAva(const DatasetConfig& config, const std::string& root) {
  DatasetLayout layout;
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    MRSN_ASSIGN_OR_RETURN(const AvaOptions options, ReadAvaFiles(config, SplitOf(config, usage)));
    SplitLayout split;
    split.name = SplitOf(config, usage);
    split.annotations = Below(root, options.annotations);
    split.excluded = Below(root, options.excluded);
    split.boxes = Below(root, options.boxes);
    split.inference = usage == Usage::kInference;
    layout.splits.push_back(std::move(split));
    layout.label_map = Below(root, options.label_map);
    layout.evaluated_label_map = Below(root, options.evaluated_label_map);
    if (options.classes_txt && !FileExists(layout.label_map) && FileExists(Below(root, "classes.txt"))) {
      layout.class_list = Below(root, "classes.txt");
      layout.first_class = 1;
    }
    layout.frames = Below(root, options.media.frames);
    layout.videos = Below(root, options.media.videos);
    layout.frame_name = options.media.frame_name;
    layout.first_frame = static_cast<int>(options.media.first_frame);
    layout.first_second = options.first_second;
    layout.frames_per_second = options.frames_per_second;
    layout.video_first_second = options.video_first_second;
    layout.first_keyframe_second = options.keyframes.first;
    layout.last_keyframe_second = options.keyframes.last;
  }
  return layout;
}

absl::StatusOr<DatasetLayout> LayoutOfUcf24(const DatasetConfig& config, const std::string& root) {
  Ucf24Options options;
  ConfigReader reader(config, "dataset");
  ConfigReader ucf24 = reader.In("ucf24");
  ucf24.Read("annotations", &options.annotations);
  ucf24.Read("detections", &options.detections);
  ucf24.Read("classes", &options.classes);
  ucf24.Read("annotation_width", &options.frame.width);
  ucf24.Read("annotation_height", &options.frame.height);
  options.media = ReadMedia(&ucf24);
  MRSN_RETURN_IF_ERROR(reader.status());
  DatasetLayout layout;
  layout.keyframes = DatasetLayout::Keyframes::kFrames;
  layout.annotation_frame_size = options.frame;
  const std::string classes = Below(root, options.classes.empty() ? "classes.txt" : options.classes);
  if (!options.classes.empty() || FileExists(classes)) layout.class_list = classes;
  layout.frames = Below(root, options.media.frames);
  layout.videos = Below(root, options.media.videos);
  layout.frame_name = options.media.frame_name;
  layout.first_frame = static_cast<int>(options.media.first_frame);
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    SplitLayout split;
    split.name = SplitOf(config, usage);
    split.annotations = Below(root, options.annotations);
    split.boxes = Below(root, options.detections);
    split.video_list = Below(root, split.name + ".txt");
    split.inference = usage == Usage::kInference;
    layout.splits.push_back(std::move(split));
  }
  return layout;
}

absl::StatusOr<DatasetLayout> LayoutOfKind(const DatasetConfig& config, const std::string& root) {
  switch (config.dataset_case()) {
    case DatasetConfig::kAva:
      return LayoutOfAva(config, root);
    case DatasetConfig::kUcf24:
      return LayoutOfUcf24(config, root);
    case DatasetConfig::kMicroWorld:
      return absl::InvalidArgumentError("micro_world is generated: it has no files to check");
    case DatasetConfig::DATASET_NOT_SET:
      break;
  }
  return FieldError("dataset", "not set", ConfigReader(config, "").FieldsOf("dataset"));
}

}  // namespace

CheckReport CheckDataset(const DatasetLayout& layout, CheckLevel level, int threads,
                         const std::string& keep) {
  CheckReport report;
  report.root = layout.root;
  report.level = level == CheckLevel::kQuick ? "quick" : "full";
  const std::map<std::string, VideoUse> uses = CheckAnnotations(layout, &report);
  CheckMedia(layout, uses, level, threads, CheckedVideos(keep, layout), &report);
  report.Sort();
  return report;
}

absl::StatusOr<DatasetLayout> LayoutOf(const DatasetConfig& config, const std::string& root) {
  MRSN_RETURN_IF_ERROR(ValidateDatasetConfig(config));
  if (!FileExists(root))
    return absl::NotFoundError(absl::StrCat("data root ", root, ": there is no such folder"));
  MRSN_ASSIGN_OR_RETURN(DatasetLayout layout, LayoutOfKind(config, root));
  layout.root = root;
  ConfigReader reader(config, "dataset");
  reader.In("proposals").Read("inference_score", &layout.inference_score);
  return layout;
}

}  // namespace mrsn::datasets
