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

namespace mrsn::experiments {

// The source of the windows H_t of Eq. 8; empty for short-term heads.
struct BankWindows {
  const RelationBank* bank = nullptr;
  int radius_seconds = 0;               // window t-radius .. t+radius
  bool own_second = true;               // t itself, too
  const WindowsAhead* ahead = nullptr;  // has read some of the windows already; null: none
};

// H_t of every key frame, concatenated in batch order.
absl::StatusOr<LongTermWindow> WindowsOf(const BankWindows& windows, const std::vector<Keyframe>& keyframes);

// The only place where pixels become numbers: on the device that the batch is on, so that bytes travel there.
absl::StatusOr<DetectorInput> InputOf(const datasets::ClipBatch& batch, const BankWindows& windows);
Truth TruthOf(const datasets::ClipBatch& batch);
ClassLoss ClassLossOf(TrainConfig::Loss loss);

// Sets which parts of the model's batch norms are trained. It stays in force until the next call.
void SetBatchNorm(TrainConfig::BatchNorm batch_norm, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_DETECTOR_INPUT_H_
