#include "datasets/dataset_opener.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mrsn::datasets {

std::string SplitOf(const DatasetConfig& config, Usage usage) {
  const bool train = usage == Usage::kTrain;
  std::string split = train ? "train" : "val";
  ConfigReader(config, "dataset").Read(train ? "train_split" : "inference_split", &split);
  return split;
}

ProposalOptions ReadProposals(ConfigReader* reader) {
  ProposalOptions options;
  ConfigReader proposals = reader->In("proposals");
  proposals.Read("training_iou", &options.training_iou, Between(0, 1));
  proposals.Read("inference_score", &options.inference_score, Between(0, 1));
  return options;
}

MediaOptions ReadMedia(ConfigReader* dataset) {
  MediaOptions options;
  for (const auto& [field, folder] :
       {std::pair("frames", &options.frames), std::pair("videos", &options.videos)}) {
    dataset->Read(field, folder);
    if (folder->empty()) dataset->Fail(field, "empty", "a path");
  }
  dataset->Read("frame_name", &options.frame_name);
  const auto pattern = FramePattern::Parse(options.frame_name);
  if (!pattern.ok()) {
    dataset->Fail("frame_name", ConfigReader::TextOf(options.frame_name),
                  "a file name with one printf number, as {video}_%06d.jpg or img_%05d.jpg");
  }
  int first = static_cast<int>(options.first_frame);
  dataset->Read("first_frame", &first, Between(0, 1000000));
  options.first_frame = first;
  return options;
}

std::string Below(const std::string& root, const std::string& path) {
  return path.empty() ? "" : absl::StrCat(root, "/", path);
}

void AddMedia(const MediaOptions& media, const std::string& root, DatasetLayout* layout) {
  layout->frames = Below(root, media.frames);
  layout->videos = Below(root, media.videos);
  layout->frame_name = media.frame_name;
  layout->first_frame = static_cast<int>(media.first_frame);
}

absl::Status ClassesInFile(const std::string& field, const std::string& file) {
  return absl::InvalidArgumentError(
      absl::StrCat("dataset.", field, " names the file of the classes, ", file, "; give that file"));
}

void CheckKeyframesOnly(const DatasetConfig& config, const std::string& name, ConfigReader* reader) {
  if (!config.clip().tubelets()) return;
  reader->In("clip").Fail(
      "tubelets", "true",
      absl::StrCat("false with ", name,
                   ", which annotates key frames only and has no column tube as ucf24 has"));
}

void CheckSplitNames(const DatasetConfig& config, ConfigReader* reader) {
  for (const auto& [field, usage] :
       {std::pair("train_split", Usage::kTrain), std::pair("inference_split", Usage::kInference)}) {
    const std::string split = SplitOf(config, usage);
    if (split.empty() || split[0] == '.' || split.find('/') != std::string::npos) {
      reader->Fail(field, ConfigReader::TextOf(split), "a name without a folder");
    }
  }
}

}  // namespace mrsn::datasets
