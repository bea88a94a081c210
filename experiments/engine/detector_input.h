// A data set's batch and a training's settings in the detector's terms.
#ifndef MRSN_EXPERIMENTS_ENGINE_DETECTOR_INPUT_H_
#define MRSN_EXPERIMENTS_ENGINE_DETECTOR_INPUT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "datasets/collate.h"
#include "experiments/engine/windows_ahead.h"
#include "experiments/train_config.pb.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/detector.h"
#include "ops/device/arithmetic.h"

namespace mrsn::experiments {

// The source of the windows H_t of Eq. 8; empty for short-term heads.
struct BankWindows {
  const RelationBank* bank = nullptr;
  int radius_seconds = 0;               // window t-radius .. t+radius
  bool own_second = true;               // t itself, too
  const WindowsAhead* ahead = nullptr;  // has read some of the windows already; null: none
};

// H_t of every key frame, concatenated in batch order; undefined tensors without a bank.
absl::StatusOr<LongTermWindow> WindowsOf(const BankWindows& windows, const std::vector<Keyframe>& keyframes);

// The windows of several clips, one clip each, as those of a batch of these clips. At least one.
LongTermWindow JoinWindows(const std::vector<LongTermWindow>& windows);

// The device of the model's weights; the CPU for a model without any.
at::Device DeviceOf(const Detector& model);

// All that the detector reads of a batch.
struct ModelBatch {
  DetectorInput input;
  Truth truth;
};

// On the model's device. The tensors go there in one copy (ops/device/move_together.h), frames as bytes: only
// here do pixels become numbers. A detector that finds persons itself compares its boxes with the truth on
// the CPU, so that persons and truth stay there.
ModelBatch ModelBatchOf(const datasets::ClipBatch& batch, const LongTermWindow& bank, const Detector& model);
ClassLoss ClassLossOf(TrainConfig::Loss loss);
Arithmetic ArithmeticOf(const TrainConfig& config);

// Sets which parts of the model's batch norms are trained. It stays in force until the next call.
void SetBatchNorm(TrainConfig::BatchNorm batch_norm, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_DETECTOR_INPUT_H_
