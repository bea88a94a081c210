// What each data set's config becomes, and what their readers share.
#ifndef MRSN_DATASETS_DATASET_OPENER_H_
#define MRSN_DATASETS_DATASET_OPENER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/ava/ava_files.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/dataset_layout.h"
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
  // Adds the files of the split that the config was read for, complete paths below `root`, and the facts that
  // all splits share. An error if there are no files.
  std::function<absl::Status(const std::string& root, DatasetLayout* layout)> add_files;
  // Its classes as published, in the order of the model's outputs; an error if the config names a file of
  // them.
  absl::StatusOr<std::vector<ActionClass>> classes;
  KeyframeNames names = {};      // in files of objects
  double frames_per_second = 0;  // of its clips; 0: of each video its own
  int first_class = 1;           // the id of the first line of a list of classes
};

// "train" and "val" unless the config names others.
std::string SplitOf(const DatasetConfig& config, Usage usage);

// Reads the fields of `proposals` that every data set has. `reader` reads `config`.
ProposalOptions ReadProposals(ConfigReader* reader);

// Reads the fields frames, videos, frame_name and first_frame of a data set's own message.
MediaOptions ReadMedia(ConfigReader* dataset);

// `path` below `root`; "" stays "".
std::string Below(const std::string& root, const std::string& path);

// Where the media of a data set below `root` are.
void AddMedia(const MediaOptions& media, const std::string& root, DatasetLayout* layout);

// The error of DatasetOpener::classes: `field` of the config names `file`.
absl::Status ClassesInFile(const std::string& field, const std::string& file);

// For data sets that annotate key frames only: tubelets cannot be had.
void CheckKeyframesOnly(const DatasetConfig& config, const std::string& name, ConfigReader* reader);

// For data sets whose files have the split in their names: the name of a file, without a folder.
void CheckSplitNames(const DatasetConfig& config, ConfigReader* reader);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_OPENER_H_
