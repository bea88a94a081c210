// What each data set's config becomes, and what their readers share.
#ifndef MRSN_DATASETS_DATASET_OPENER_H_
#define MRSN_DATASETS_DATASET_OPENER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/ava/ava_files.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/locate_media.h"
#include "datasets/proposals.h"
#include "ops/base/config_reader.h"

namespace mrsn::datasets {

// A data set whose config has been read.
struct DatasetOpener {
  // Opens it below a root, with the settings that all data sets share.
  std::function<absl::StatusOr<std::unique_ptr<Dataset>>(ClipDatasetOptions clip_dataset,
                                                         const std::string& root)>
      open;
  KeyframeNames names = {};  // in files of objects
};

// "train" and "val" unless the config names others.
std::string SplitOf(const DatasetConfig& config, Usage usage);

// Reads the fields of `proposals` that every data set has. `reader` reads `config`.
ProposalOptions ReadProposals(ConfigReader* reader);

// Reads the fields frames, videos, frame_name and first_frame of a data set's own message.
MediaOptions ReadMedia(ConfigReader* dataset);

// For data sets that annotate key frames only: tubelets cannot be had.
void CheckKeyframesOnly(const DatasetConfig& config, const std::string& name, ConfigReader* reader);

// For data sets whose files have the split in their names: the name of a file, without a folder.
void CheckSplitNames(const DatasetConfig& config, ConfigReader* reader);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_OPENER_H_
