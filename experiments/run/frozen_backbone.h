// The data of a run as its model sees them: clips, or with train.frozen_backbone their stored maps.
#ifndef MRSN_EXPERIMENTS_RUN_FROZEN_BACKBONE_H_
#define MRSN_EXPERIMENTS_RUN_FROZEN_BACKBONE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_settings.h"

namespace mrsn::experiments {

// Null unless the run's experiment has train.frozen_backbone: the model sees `dataset` itself. Otherwise the
// view of `dataset`, which `data` opened, whose clips are maps (experiments/features/stored_features.h). The
// maps lie in <output_root>/features/<their identity>, and are computed first if they are not there; all runs
// with the same backbone and data share them. The run's model has its initial weights already. Every process
// of RunSettings::group calls it, and rank 0 computes. `dataset` must outlive the view.
absl::StatusOr<std::unique_ptr<const datasets::Dataset>> MapsInPlaceOfClips(const OpenedRun& run,
                                                                            const datasets::Dataset& dataset,
                                                                            const DatasetConfig& data,
                                                                            const RunSettings& settings);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_FROZEN_BACKBONE_H_
