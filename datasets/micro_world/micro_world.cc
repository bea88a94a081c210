#include "datasets/micro_world/micro_world.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/micro_world/world.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> OpenFolder(const MicroWorldOptions& options,
                                                    ClipDatasetOptions clip_dataset,
                                                    const std::string& folder) {
  const std::string label_map = folder + "/label_map.pbtxt";
  const std::string annotations_path = absl::StrCat(folder, "/", options.split, ".csv");
  const std::string boxes_path = absl::StrCat(folder, "/", options.split, "_boxes.csv");
  MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadLabelMap(label_map));
  MRSN_ASSIGN_OR_RETURN(const std::vector<AnnotatedBox> annotations, ReadAvaAnnotations(annotations_path));
  MRSN_ASSIGN_OR_RETURN(const std::vector<DetectedBox> boxes, ReadAvaBoxes(boxes_path));

  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.training_iou = options.training_iou;
  keyframes.inference_score = options.inference_score;
  keyframes.frames_per_second = micro::kFramesPerSecond;
  std::vector<std::string> videos;
  MRSN_ASSIGN_OR_RETURN(std::vector<KeyframeRecord> records,
                        MakeAvaKeyframes(annotations, boxes, clip_dataset.classes, keyframes, &videos));
  for (const std::string& video : videos) {
    clip_dataset.video_paths.push_back(absl::StrCat(folder, "/videos/", video, ".avi"));
  }
  MRSN_ASSIGN_OR_RETURN(
      clip_dataset.fingerprint,
      FingerprintFiles(micro::GeneratorFingerprint(options.generate),
                       {label_map, annotations_path, boxes_path}, clip_dataset.video_paths));
  return MakeClipDataset(std::move(clip_dataset), std::move(records));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataset>> OpenMicroWorld(const MicroWorldOptions& options,
                                                        ClipDatasetOptions clip_dataset,
                                                        const std::string& root) {
  if (options.split != "train" && options.split != "val") {
    return absl::InvalidArgumentError(
        absl::StrCat("micro_world has no split \"", options.split, "\", only \"train\" and \"val\""));
  }
  const std::string parent = absl::StrCat(root.empty() ? CacheFolder() : root, "/micro_world");
  MRSN_ASSIGN_OR_RETURN(const std::string folder, micro::GenerateOnce(options.generate, parent));
  absl::StatusOr<std::unique_ptr<Dataset>> dataset = OpenFolder(options, std::move(clip_dataset), folder);
  if (dataset.ok()) return dataset;
  return absl::Status(dataset.status().code(), absl::StrCat(dataset.status().message(), " (delete ", folder,
                                                            " to have it generated again)"));
}

}  // namespace mrsn::datasets
