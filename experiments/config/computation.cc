#include "experiments/config/computation.h"

#include "absl/strings/match.h"

namespace mrsn::experiments {

void ForgetWhatChangesNoNumber(TrainConfig* train) {
  train->clear_cudnn_autotune();
  train->clear_activation_checkpointing();
  if (!train->sync_batch_norm()) train->clear_sync_batch_norm();
  if (train->precision() == TrainConfig::FLOAT32) train->clear_precision();
  if (!train->tf32()) train->clear_tf32();
}

void ForgetPrecision(TrainConfig* train) {
  train->clear_precision();
  train->clear_loss_scaling();
  train->clear_tf32();
}

std::string PrecisionName(const Experiment& experiment, const std::string& device) {
  switch (experiment.train().precision()) {
    case TrainConfig::BFLOAT16:
      return "bfloat16";
    case TrainConfig::FLOAT16:
      return "float16";
    default:
      break;
  }
  if (experiment.model().precision() == ModelConfig::BFLOAT16) return "bfloat16";
  return experiment.train().tf32() && absl::StartsWith(device, "cuda") ? "tf32" : "float32";
}

}  // namespace mrsn::experiments
