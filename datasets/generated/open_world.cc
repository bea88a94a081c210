#include "datasets/generated/open_world.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/generated/write_world.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets::generated {
namespace {

// One split of a world, to be opened.
struct Wanted {
  const World& world;
  const std::string& split;
  const ProposalOptions& proposals;
};

absl::StatusOr<std::unique_ptr<Dataset>> OpenFolder(const Wanted& wanted, ClipDatasetOptions clip_dataset,
                                                    const std::string& folder,
                                                    const std::string& videos_folder, bool with_videos) {
  const std::string label_map = folder + "/label_map.pbtxt";
  const std::string annotations_path = absl::StrCat(folder, "/", wanted.split, ".csv");
  const std::string boxes_path = absl::StrCat(folder, "/", wanted.split, "_boxes.csv");
  MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadLabelMap(label_map));
  MRSN_ASSIGN_OR_RETURN(const BoxTable annotations, ReadAvaAnnotations(annotations_path));
  MRSN_ASSIGN_OR_RETURN(const BoxTable boxes, ReadAvaBoxes(boxes_path));

  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.proposals = wanted.proposals;
  MRSN_ASSIGN_OR_RETURN(AvaKeyframes made,
                        MakeAvaKeyframes(annotations, boxes, {}, clip_dataset.classes, keyframes));
  if (keyframes.usage != Usage::kTrain) {
    const float threshold = wanted.proposals.inference_score;
    MRSN_RETURN_IF_ERROR(made.counts.Check(boxes_path, threshold));
    clip_dataset.notes.push_back(made.counts.Note(boxes_path, threshold));
  }
  const Clock clock = {900, static_cast<double>(wanted.world.frames_per_second)};
  CentreClips(std::vector<Clock>(made.videos.size(), clock), &made.records);
  std::vector<std::string> paths;
  for (const std::string& video : made.videos) {
    paths.push_back(absl::StrCat(videos_folder, "/", video, ".avi"));
    clip_dataset.videos.push_back({paths.back(), {}, 0});
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint,
                        FingerprintFiles(wanted.world.fingerprint, {label_map, annotations_path, boxes_path},
                                         with_videos ? paths : std::vector<std::string>()));
  return MakeClipDataset(std::move(clip_dataset), std::move(made.records));
}

// The data set without its videos. Its files live as long as it takes to read them.
absl::StatusOr<std::unique_ptr<Dataset>> Describe(const Wanted& wanted, ClipDatasetOptions clip_dataset,
                                                  const std::string& videos_folder) {
  std::string folder =
      std::filesystem::temp_directory_path() / absl::StrCat("mrsn.", wanted.world.name, ".XXXXXX");
  if (::mkdtemp(folder.data()) == nullptr) {
    return absl::InternalError(absl::StrCat(folder, ": cannot make this folder"));
  }
  const auto describe = [&]() -> absl::StatusOr<std::unique_ptr<Dataset>> {
    MRSN_RETURN_IF_ERROR(WriteLists(wanted.world, folder));
    return OpenFolder(wanted, std::move(clip_dataset), folder, videos_folder, /*with_videos=*/false);
  };
  auto described = describe();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return described;
}

absl::Status CheckSplit(const World& world, const std::string& split) {
  std::vector<std::string> names;
  for (const Split& known : world.splits) {
    if (known.name == split) return absl::OkStatus();
    names.push_back(absl::StrCat("\"", known.name, "\""));
  }
  const std::string last = names.back();
  names.pop_back();
  return absl::InvalidArgumentError(absl::StrCat(world.name, " has no split \"", split, "\", only ",
                                                 absl::StrJoin(names, ", "), " and ", last));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataset>> OpenWorld(const World& world, const std::string& split,
                                                   const ProposalOptions& proposals,
                                                   ClipDatasetOptions clip_dataset,
                                                   const GeneratedData& generated) {
  MRSN_RETURN_IF_ERROR(CheckSplit(world, split));
  const Wanted wanted = {world, split, proposals};
  const std::string parent =
      absl::StrCat(generated.folder.empty() ? CacheFolder() : generated.folder, "/", world.name);
  const std::string place = FolderOf(world, parent);
  if (!generated.make && !FileExists(place)) {
    return Describe(wanted, std::move(clip_dataset), place + "/videos");
  }
  MRSN_ASSIGN_OR_RETURN(const std::string folder, WriteWorldOnce(world, parent));
  absl::StatusOr<std::unique_ptr<Dataset>> dataset =
      OpenFolder(wanted, std::move(clip_dataset), folder, folder + "/videos", /*with_videos=*/true);
  if (dataset.ok()) return dataset;
  return absl::Status(dataset.status().code(), absl::StrCat(dataset.status().message(), " (delete ", folder,
                                                            " to have it generated again)"));
}

}  // namespace mrsn::datasets::generated
