// Defaults and ranges of what an experiment says about training, evaluation and
// inputs. Model and data are checked where they are built.
#ifndef MRSN_EXPERIMENTS_CONFIG_VALIDATE_H_
#define MRSN_EXPERIMENTS_CONFIG_VALIDATE_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/config/text_proto.h"
#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

// Fills what is not set of `train` and `eval` with the documented defaults.
void FillDefaults(Experiment* experiment);

// The first field out of range, after FillDefaults: "<place>: <field> is <value>; allowed: <range>".
// Training, data and inputs are also compared with what the model needs (mrsn/model_needs.h). `places` says
// where the fields stand, `origin` is the file named for a field that no file sets.
absl::Status ValidateExperiment(const Experiment& experiment, const std::string& origin,
                                const FieldPlaces& places = {});

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_VALIDATE_H_
