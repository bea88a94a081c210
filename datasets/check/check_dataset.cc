#include "datasets/check/check_dataset.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/check/annotation_checks.h"
#include "datasets/check/checked_videos.h"
#include "datasets/check/media_checks.h"
#include "datasets/dataset_opener.h"
#include "datasets/open_dataset.h"
#include "ops/base/config_reader.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

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
  DatasetLayout layout;
  layout.root = root;
  for (const Usage usage : {Usage::kTrain, Usage::kInference}) {
    MRSN_ASSIGN_OR_RETURN(const DatasetOpener opener, ReadDatasetConfig(config, usage));
    layout.first_class = opener.first_class;
    MRSN_RETURN_IF_ERROR(opener.add_files(root, &layout));
  }
  ConfigReader reader(config, "dataset");
  reader.In("proposals").Read("inference_score", &layout.inference_score);
  return layout;
}

}  // namespace mrsn::datasets
