// The check of a data set: annotations, boxes, classes and media.
#ifndef MRSN_DATASETS_CHECK_CHECK_DATASET_H_
#define MRSN_DATASETS_CHECK_CHECK_DATASET_H_

#include <string>

#include "absl/status/statusor.h"
#include "datasets/check/check_level.h"
#include "datasets/check/report.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/dataset_layout.h"

namespace mrsn::datasets {

// Every fault of the data set that the level can see; the report is sorted. Faults are findings, never errors
// of this call. With the level kFull and a `keep` each video that was looked at is kept in this folder, and a
// check that was stopped goes on from there (checked_videos.h). Whoever has written the report deletes the
// folder.
CheckReport CheckDataset(const DatasetLayout& layout, CheckLevel level, int threads,
                         const std::string& keep = "");

// The layout of the data set that a config describes, with both of its splits. Errors: a field out of its
// range, generated data (micro_world has no files to check), a root that is not there.
absl::StatusOr<DatasetLayout> LayoutOf(const DatasetConfig& config, const std::string& root);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_CHECK_DATASET_H_
