// The models of experiments on a device: their numbers beside the CPU's, their time and their memory.
#ifndef MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_MODELS_H_
#define MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_MODELS_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

struct CheckModelOptions {
  std::string configs_root;
  int clips = 8;   // of a batch that is timed; three persons each
  int steps = 10;  // that are timed, after three others
};

struct CheckedModel {
  std::string experiment;
  // Of one backward pass on two small clips, in evaluation mode: the largest differences from the CPU, the
  // gradients' as a share of the largest gradient of all.
  double loss_difference = 0, gradient_difference = 0;
  std::string setting;           // "8 clips 8x256x341"
  double step_milliseconds = 0;  // forward, backward, one value read, update
  double peak_bytes = 0;         // of tensors on a CUDA device; 0 elsewhere
  bool ok() const { return loss_difference <= kLossTolerance && gradient_difference <= kGradientTolerance; }

  static constexpr double kLossTolerance = 1e-4, kGradientTolerance = 5e-3;
};

// An error if the experiment does not load, or if the device has too little memory or lacks an operation.
absl::StatusOr<CheckedModel> CheckModel(const std::string& experiment, const CheckModelOptions& options,
                                        c10::Device device);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_MODELS_H_
