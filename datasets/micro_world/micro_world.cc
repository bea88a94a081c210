#include "datasets/micro_world/micro_world.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>
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
                                                    const std::string& folder,
                                                    const std::string& videos_folder, bool with_videos) {
  const std::string label_map = folder + "/label_map.pbtxt";
  const std::string annotations_path = absl::StrCat(folder, "/", options.split, ".csv");
  const std::string boxes_path = absl::StrCat(folder, "/", options.split, "_boxes.csv");
  MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadLabelMap(label_map));
  MRSN_ASSIGN_OR_RETURN(const BoxTable annotations, ReadAvaAnnotations(annotations_path));
  MRSN_ASSIGN_OR_RETURN(const BoxTable boxes, ReadAvaBoxes(boxes_path));

  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.proposals = options.proposals;
  MRSN_ASSIGN_OR_RETURN(AvaKeyframes made,
                        MakeAvaKeyframes(annotations, boxes, {}, clip_dataset.classes, keyframes));
  if (keyframes.usage != Usage::kTrain) {
    const float threshold = options.proposals.inference_score;
    MRSN_RETURN_IF_ERROR(made.counts.Check(boxes_path, threshold));
    clip_dataset.notes.push_back(made.counts.Note(boxes_path, threshold));
  }
  CentreClips(std::vector<Clock>(made.videos.size(), {900, micro::kFramesPerSecond}), &made.records);
  std::vector<std::string> paths;
  for (const std::string& video : made.videos) {
    paths.push_back(absl::StrCat(videos_folder, "/", video, ".avi"));
    clip_dataset.videos.push_back({paths.back(), {}, 0});
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint,
                        FingerprintFiles(micro::GeneratorFingerprint(options.generate),
                                         {label_map, annotations_path, boxes_path},
                                         with_videos ? paths : std::vector<std::string>()));
  return MakeClipDataset(std::move(clip_dataset), std::move(made.records));
}

// The data set without its videos. Its files live as long as it takes to read them.
absl::StatusOr<std::unique_ptr<Dataset>> Describe(const MicroWorldOptions& options,
                                                  ClipDatasetOptions clip_dataset,
                                                  const std::string& videos_folder) {
  std::string folder = std::filesystem::temp_directory_path() / "mrsn.micro_world.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return absl::InternalError(absl::StrCat(folder, ": cannot make this folder"));
  }
  const auto describe = [&]() -> absl::StatusOr<std::unique_ptr<Dataset>> {
    MRSN_RETURN_IF_ERROR(micro::GenerateLists(options.generate, folder));
    return OpenFolder(options, std::move(clip_dataset), folder, videos_folder, /*with_videos=*/false);
  };
  auto described = describe();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return described;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataset>> OpenMicroWorld(const MicroWorldOptions& options,
                                                        ClipDatasetOptions clip_dataset,
                                                        const GeneratedData& generated) {
  if (options.split != "train" && options.split != "val") {
    return absl::InvalidArgumentError(
        absl::StrCat("micro_world has no split \"", options.split, "\", only \"train\" and \"val\""));
  }
  const std::string parent =
      absl::StrCat(generated.folder.empty() ? CacheFolder() : generated.folder, "/micro_world");
  const std::string place = micro::FolderOf(options.generate, parent);
  if (!generated.make && !FileExists(place)) {
    return Describe(options, std::move(clip_dataset), place + "/videos");
  }
  MRSN_ASSIGN_OR_RETURN(const std::string folder, micro::GenerateOnce(options.generate, parent));
  absl::StatusOr<std::unique_ptr<Dataset>> dataset =
      OpenFolder(options, std::move(clip_dataset), folder, folder + "/videos", /*with_videos=*/true);
  if (dataset.ok()) return dataset;
  return absl::Status(dataset.status().code(), absl::StrCat(dataset.status().message(), " (delete ", folder,
                                                            " to have it generated again)"));
}

}  // namespace mrsn::datasets
