#include "datasets/generated/generated_config.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

namespace mrsn::datasets::generated {

void CheckSplits(const DatasetConfig& config, const std::string& world,
                 const std::vector<std::string>& splits, ConfigReader* reader) {
  const auto but_last = absl::MakeConstSpan(splits).first(splits.size() - 1);
  const std::string allowed =
      absl::StrCat(absl::StrJoin(but_last, ", "), " and ", splits.back(), " with ", world);
  for (const auto& [field, usage] :
       {std::pair("train_split", Usage::kTrain), std::pair("inference_split", Usage::kInference)}) {
    const std::string split = SplitOf(config, usage);
    if (std::find(splits.begin(), splits.end(), split) != splits.end()) continue;
    reader->Fail(field, ConfigReader::TextOf(split), allowed);
  }
}

decltype(DatasetOpener::add_files) NoFiles(const std::string& world) {
  return [world](const std::string&, DatasetLayout*) {
    return absl::InvalidArgumentError(absl::StrCat(world, " is generated: it has no files to check"));
  };
}

}  // namespace mrsn::datasets::generated
