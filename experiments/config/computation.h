// How a run computes, in contrast to what it computes.
#ifndef MRSN_EXPERIMENTS_CONFIG_COMPUTATION_H_
#define MRSN_EXPERIMENTS_CONFIG_COMPUTATION_H_

#include <string>

#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

// Takes out fields that change nothing but time, memory and last bits, and the precision's fields where they
// say what holds without them. For fingerprints.
void ForgetWhatChangesNoNumber(TrainConfig* train);

// Takes out the fields of the precision.
void ForgetPrecision(TrainConfig* train);

// Result.precision of a run on `device` ("cpu", "cuda:1"): "float32", "tf32", "bfloat16" or "float16".
std::string PrecisionName(const Experiment& experiment, const std::string& device);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_COMPUTATION_H_
