#include "datasets/open_dataset.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/flow_command.h"
#include "datasets/micro_world/micro_world.h"
#include "datasets/object_boxes.h"
#include "datasets/ucf24/ucf24.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// Collects the first field that is out of its range.
class Ranges {
 public:
  template <typename T>
  void Check(absl::string_view field, T value, T low, T high) {
    if (status_.ok() && !(value >= low && value <= high)) {
      Fail(field, value, absl::StrCat("allowed: ", low, "..", high));
    }
  }
  template <typename T>
  void Fail(absl::string_view field, T value, absl::string_view allowed) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat("dataset.", field, " is ", value, "; ", allowed));
    }
  }
  absl::Status status() const { return status_; }

 private:
  absl::Status status_;
};

// Values of unset fields of ClipConfig and TransformConfig.
struct Defaults {
  int frames, stride, short_side;
};
Defaults DefaultsOf(const DatasetConfig& config) {
  switch (config.dataset_case()) {
    case DatasetConfig::kUcf24:
      return {8, 4, 256};
    case DatasetConfig::kAva:
      return {8, 8, 256};
    case DatasetConfig::kMicroWorld:
    case DatasetConfig::DATASET_NOT_SET:
      break;
  }
  return {4, 2, 0};
}

std::string SplitOf(const DatasetConfig& config, Usage usage) {
  if (usage == Usage::kTrain) return config.has_train_split() ? config.train_split() : "train";
  return config.has_inference_split() ? config.inference_split() : "val";
}

FlowMethod FlowMethodOf(const FlowConfig& config) {
  return config.method() == FlowConfig::TVL1 ? FlowMethod::kTvl1 : FlowMethod::kDis;
}

ClipOptions ClipOf(const DatasetConfig& config) {
  const ClipConfig& clip = config.clip();
  ClipOptions options;
  options.frames = clip.has_frames() ? clip.frames() : DefaultsOf(config).frames;
  options.stride = clip.has_stride() ? clip.stride() : DefaultsOf(config).stride;
  options.fast_ratio = clip.fast_ratio();
  switch (clip.slow_frames()) {
    case ClipConfig::EVERY_ALPHA:
      options.slow_frames = SlowFrames::kEveryAlpha;
      break;
    case ClipConfig::INTERVAL_MID:
      options.slow_frames = SlowFrames::kIntervalMid;
      break;
    default:  // LINSPACE; ValidateDatasetConfig refuses what is no SlowFrames
      options.slow_frames = SlowFrames::kLinspace;
  }
  return options;
}

TransformOptions TransformOf(const DatasetConfig& config) {
  const TransformConfig& transform = config.transform();
  TransformOptions options;
  options.short_side = transform.has_short_side() ? transform.short_side() : DefaultsOf(config).short_side;
  options.mean = transform.has_mean() ? transform.mean() : 0.45f;
  options.std = transform.has_std() ? transform.std() : 0.225f;
  return options;
}

float FlipProbability(const DatasetConfig& config) {
  return config.transform().has_flip_probability() ? config.transform().flip_probability() : 0.5f;
}
float TrainingIou(const DatasetConfig& config) {
  return config.proposals().has_training_iou() ? config.proposals().training_iou() : 0.75f;
}
float InferenceScore(const DatasetConfig& config) {
  return config.proposals().has_inference_score() ? config.proposals().inference_score() : 0.85f;
}
float ObjectScore(const DatasetConfig& config) {
  return config.proposals().has_object_score() ? config.proposals().object_score() : 0.5f;
}
int MostObjects(const DatasetConfig& config) {
  return config.proposals().has_most_objects() ? config.proposals().most_objects() : 5;
}
int CacheMegabytes(const DatasetConfig& config) {
  return config.has_cache_megabytes() ? config.cache_megabytes() : 512;
}

micro::GenerateOptions GenerateOf(const MicroWorldConfig& config) {
  micro::GenerateOptions options;
  if (config.has_seed()) options.seed = config.seed();
  if (config.has_train_videos()) options.train_videos = config.train_videos();
  if (config.has_val_videos()) options.val_videos = config.val_videos();
  if (config.has_keyframes_per_video()) options.keyframes_per_video = config.keyframes_per_video();
  options.single_actor = config.single_actor();
  return options;
}

std::string AvaVersion(const AvaConfig& config) { return config.has_version() ? config.version() : "v2.2"; }

AvaOptions AvaOf(const AvaConfig& config, const std::string& split) {
  const bool train = split == "train";
  const std::string version = AvaVersion(config), stem = absl::StrCat("annotations/ava_", split, "_");
  AvaOptions options;
  options.annotations = absl::StrCat(stem, version, ".csv");
  options.excluded = absl::StrCat(stem, "excluded_timestamps_", version, ".csv");
  options.boxes = absl::StrCat(stem, "predicted_boxes.csv");
  options.label_map = absl::StrCat("annotations/ava_action_list_", version, ".pbtxt");
  options.evaluated_label_map = absl::StrCat("annotations/ava_action_list_", version, "_for_activitynet_",
                                             version == "v2.1" ? "2018" : "2019", ".pbtxt");
  options.frames = "frames";
  const auto choose = [](bool given, const std::string& path, std::string* option) {
    if (given) *option = path;
  };
  if (train) {
    choose(config.has_train_annotations(), config.train_annotations(), &options.annotations);
    choose(config.has_train_excluded(), config.train_excluded(), &options.excluded);
    choose(config.has_train_boxes(), config.train_boxes(), &options.boxes);
  } else {
    choose(config.has_val_annotations(), config.val_annotations(), &options.annotations);
    choose(config.has_val_excluded(), config.val_excluded(), &options.excluded);
    choose(config.has_val_boxes(), config.val_boxes(), &options.boxes);
  }
  choose(config.has_label_map(), config.label_map(), &options.label_map);
  choose(config.has_evaluated_label_map(), config.evaluated_label_map(), &options.evaluated_label_map);
  choose(config.has_frames(), config.frames(), &options.frames);
  return options;
}

int KeyframeStep(const Ucf24Config& config, Usage usage) {
  if (usage == Usage::kTrain) return config.has_train_keyframe_step() ? config.train_keyframe_step() : 1;
  return config.has_inference_keyframe_step() ? config.inference_keyframe_step() : 1;
}

// Checks for data sets that have two splits and annotate key frames only.
void CheckKeyframeDataset(const DatasetConfig& config, absl::string_view name, Ranges* ranges) {
  for (const std::string& split : {SplitOf(config, Usage::kTrain), SplitOf(config, Usage::kInference)}) {
    if (split != "train" && split != "val") {
      ranges->Fail("train_split or inference_split", absl::StrCat("\"", split, "\""),
                   absl::StrCat(name, " has train and val"));
    }
  }
  if (config.clip().tubelets()) {
    ranges->Fail("clip.tubelets", "true",
                 absl::StrCat(name, " annotates key frames only and has no column tube as ucf24 has"));
  }
}

absl::Status ReadObjects(const DatasetConfig& config, const std::string& root, ClipDatasetOptions* options) {
  if (config.proposals().object_boxes().empty()) return absl::OkStatus();
  const std::string path = absl::StrCat(root.empty() ? "." : root, "/", config.proposals().object_boxes());
  ObjectBoxOptions reading;
  reading.min_score = ObjectScore(config);
  reading.most = MostObjects(config);
  if (config.has_ucf24()) reading.timestamps = formats::Timestamps::kFrames;
  MRSN_ASSIGN_OR_RETURN(options->objects, ReadObjectBoxes(path, reading));
  MRSN_ASSIGN_OR_RETURN(
      options->objects_fingerprint,
      FingerprintFiles(absl::StrCat("objects ", ObjectScore(config), " ", MostObjects(config)), {path}, {}));
  return absl::OkStatus();
}

// `data_root` is the caller's; `root` is the folder that files are read from.
absl::StatusOr<std::unique_ptr<Dataset>> OpenKind(const DatasetConfig& config, Usage usage,
                                                  const std::string& data_root, const std::string& root,
                                                  ClipDatasetOptions clip_dataset) {
  switch (config.dataset_case()) {
    case DatasetConfig::kMicroWorld: {
      MicroWorldOptions options;
      options.generate = GenerateOf(config.micro_world());
      options.split = SplitOf(config, usage);
      options.training_iou = TrainingIou(config);
      options.inference_score = InferenceScore(config);
      return OpenMicroWorld(options, std::move(clip_dataset), data_root);
    }
    case DatasetConfig::kUcf24: {
      Ucf24Options options;
      options.split = SplitOf(config, usage);
      if (config.ucf24().has_annotations()) options.annotations = config.ucf24().annotations();
      options.detections = config.ucf24().detections();
      options.keyframe_step = KeyframeStep(config.ucf24(), usage);
      options.training_iou = TrainingIou(config);
      options.inference_score = InferenceScore(config);
      return OpenUcf24(options, std::move(clip_dataset), root);
    }
    case DatasetConfig::kAva: {
      if (root.empty()) {
        return absl::InvalidArgumentError("ava needs a data root, the folder of annotations/ and frames/");
      }
      AvaOptions options = AvaOf(config.ava(), SplitOf(config, usage));
      options.training_iou = TrainingIou(config);
      options.inference_score = InferenceScore(config);
      return OpenAva(options, std::move(clip_dataset), root);
    }
    case DatasetConfig::DATASET_NOT_SET:
      break;  // refused above
  }
  return absl::InternalError("unreachable");
}

}  // namespace

absl::Status ValidateDatasetConfig(const DatasetConfig& config) {
  Ranges ranges;
  switch (config.dataset_case()) {
    case DatasetConfig::kMicroWorld: {
      const micro::GenerateOptions options = GenerateOf(config.micro_world());
      ranges.Check("micro_world.train_videos", options.train_videos, 1, 100000);
      ranges.Check("micro_world.val_videos", options.val_videos, 1, 100000);
      ranges.Check("micro_world.keyframes_per_video", options.keyframes_per_video, 1, 897);
      CheckKeyframeDataset(config, "micro_world", &ranges);
      break;
    }
    case DatasetConfig::kUcf24:
      ranges.Check("ucf24.train_keyframe_step", KeyframeStep(config.ucf24(), Usage::kTrain), 1, 1000);
      ranges.Check("ucf24.inference_keyframe_step", KeyframeStep(config.ucf24(), Usage::kInference), 1, 1000);
      break;
    case DatasetConfig::kAva: {
      CheckKeyframeDataset(config, "ava", &ranges);
      const std::string version = AvaVersion(config.ava());
      if (version != "v2.1" && version != "v2.2") {
        ranges.Fail("ava.version", absl::StrCat("\"", version, "\""), "allowed: v2.1, v2.2");
      }
      for (const std::string split : {"train", "val"}) {
        const AvaOptions options = AvaOf(config.ava(), split);
        for (const auto& [field, path] : {std::pair(split + "_annotations", options.annotations),
                                          {"label_map", options.label_map},
                                          {"evaluated_label_map", options.evaluated_label_map},
                                          {"frames", options.frames}}) {
          if (path.empty()) ranges.Fail(absl::StrCat("ava.", field), "empty", "expected a path");
        }
      }
      break;
    }
    case DatasetConfig::DATASET_NOT_SET:
      return absl::InvalidArgumentError("dataset is not set; choose one of micro_world, ucf24, ava");
  }
  const ClipOptions clip = ClipOf(config);
  ranges.Check("clip.frames", clip.frames, 1, 128);
  ranges.Check("clip.stride", clip.stride, 1, 64);
  ranges.Check("clip.fast_ratio", clip.fast_ratio, 0, 64);
  if (clip.fast_ratio > 0 && clip.stride % clip.fast_ratio != 0) {
    ranges.Fail("clip.fast_ratio", clip.fast_ratio,
                absl::StrCat("it must divide clip.stride, ", clip.stride));
  }
  if (!ClipConfig::SlowFrames_IsValid(config.clip().slow_frames())) {
    ranges.Fail("clip.slow_frames", config.clip().slow_frames(),
                "one of LINSPACE, EVERY_ALPHA, INTERVAL_MID");
  }
  const TransformOptions transform = TransformOf(config);
  if (transform.short_side != 0) ranges.Check("transform.short_side", transform.short_side, 16, 2048);
  ranges.Check("transform.flip_probability", FlipProbability(config), 0.0f, 1.0f);
  ranges.Check("transform.mean", transform.mean, -1000.0f, 1000.0f);
  ranges.Check("transform.std", transform.std, 1e-6f, 1000.0f);
  ranges.Check("proposals.training_iou", TrainingIou(config), 0.0f, 1.0f);
  ranges.Check("proposals.inference_score", InferenceScore(config), 0.0f, 1.0f);
  if (!FlowConfig::Method_IsValid(config.flow().method())) {
    ranges.Fail("flow.method", config.flow().method(), "one of DIS, TVL1");
  }
  ranges.Check("proposals.object_score", ObjectScore(config), 0.0f, 1.0f);
  ranges.Check("proposals.most_objects", MostObjects(config), 1, 1000);
  ranges.Check("cache_megabytes", CacheMegabytes(config), 0, 65536);
  return ranges.status();
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenDataset(const DatasetConfig& config, Usage usage,
                                                     const std::string& data_root) {
  MRSN_RETURN_IF_ERROR(ValidateDatasetConfig(config));
  // A misspelt root must not become a new folder of generated videos.
  if (!data_root.empty() && !FileExists(data_root)) {
    return absl::NotFoundError(absl::StrCat("data root ", data_root, ": there is no such folder"));
  }
  const std::string root = data_root.empty() && config.has_ucf24() ? Ucf24TestdataFolder() : data_root;
  ClipDatasetOptions clip_dataset;
  if (config.has_flow()) {
    clip_dataset.flow = {FlowMethodOf(config.flow()),
                         FlowCommand(config, SplitOf(config, usage), FlowMethodOf(config.flow()), root)};
  }
  clip_dataset.usage = usage;
  clip_dataset.clip = ClipOf(config);
  clip_dataset.transform = TransformOf(config);
  clip_dataset.flip_probability = FlipProbability(config);
  clip_dataset.tubelets = config.clip().tubelets();
  clip_dataset.cache_bytes = static_cast<size_t>(CacheMegabytes(config)) << 20;
  const absl::Status objects = ReadObjects(config, root, &clip_dataset);
  auto dataset = OpenKind(config, usage, data_root, root, std::move(clip_dataset));
  if (objects.ok()) return dataset;
  if (dataset.ok()) return objects;
  return absl::Status(dataset.status().code(),
                      absl::StrCat(dataset.status().message(), "; and ", objects.message()));
}

}  // namespace mrsn::datasets
