// The fields of an experiment that say where a file lies (the option `path_kind` of
// ops/base/path_kind.proto).
#ifndef MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_
#define MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

// Takes the places of files below the data root out of the experiment, so that experiments that differ in
// these only become equal, and the folders of experiments outside the tree. Whether there is a file stays.
// The files' contents are in the fingerprint of the data and in the hash of the pretrained weights.
void ForgetPlacesOfFiles(Experiment* experiment);
void ForgetPlacesOfFiles(DatasetConfig* data);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_DATA_PATHS_H_
