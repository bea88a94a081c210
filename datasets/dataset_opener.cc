#include "datasets/dataset_opener.h"

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

void CheckKeyframeDataset(const DatasetConfig& config, const std::string& name, ConfigReader* reader) {
  for (const auto& [field, usage] :
       {std::pair("train_split", Usage::kTrain), std::pair("inference_split", Usage::kInference)}) {
    const std::string split = SplitOf(config, usage);
    if (split != "train" && split != "val") {
      reader->Fail(field, ConfigReader::TextOf(split), absl::StrCat("train and val with ", name));
    }
  }
  if (config.clip().tubelets()) {
    reader->In("clip").Fail(
        "tubelets", "true",
        absl::StrCat("false with ", name,
                     ", which annotates key frames only and has no column tube as ucf24 has"));
  }
}

}  // namespace mrsn::datasets
