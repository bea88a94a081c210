#include "experiments/engine/detector_input.h"

#include <ATen/ATen.h>

#include <cstring>

#include "mrsn/backbone/frozen_norm.h"
#include "ops/base/status_macros.h"
#include "ops/clip/scale_pixels.h"

namespace mrsn::experiments {

absl::StatusOr<LongTermWindow> WindowsOf(const BankWindows& windows, const std::vector<Keyframe>& keyframes) {
  std::vector<float> features;
  std::vector<int64_t> clip_index, offsets;
  for (size_t clip = 0; clip < keyframes.size(); ++clip) {
    MRSN_ASSIGN_OR_RETURN(
        const BankWindow window,
        windows.bank->Window(keyframes[clip].video, keyframes[clip].timestamp, windows.radius_seconds));
    for (size_t i = 0; i < window.offsets.size(); ++i) {
      if (window.offsets[i] == 0 && !windows.own_second) continue;
      const auto entry = window.features.begin() + i * window.width;
      features.insert(features.end(), entry, entry + window.width);
      offsets.push_back(window.offsets[i]);
      clip_index.push_back(clip);
    }
  }
  const auto entries = static_cast<int64_t>(offsets.size());
  LongTermWindow joined;
  joined.features = at::empty({entries, windows.bank->width()});
  joined.clip_index = at::empty({entries}, at::kLong);
  joined.offset = at::empty({entries}, at::kLong);
  if (entries > 0) {
    std::memcpy(joined.features.data_ptr(), features.data(), features.size() * sizeof(float));
    std::memcpy(joined.clip_index.data_ptr(), clip_index.data(), entries * sizeof(int64_t));
    std::memcpy(joined.offset.data_ptr(), offsets.data(), entries * sizeof(int64_t));
  }
  return joined;
}

absl::StatusOr<DetectorInput> InputOf(const datasets::ClipBatch& batch, const BankWindows& windows) {
  DetectorInput input{batch, {}};
  input.slow = ScalePixels(batch.slow, batch.scaling);
  input.fast = ScalePixels(batch.fast, batch.scaling);
  if (windows.bank != nullptr) {
    MRSN_ASSIGN_OR_RETURN(input.bank, WindowsOf(windows, batch.keyframes));
  }
  return input;
}

Truth TruthOf(const datasets::ClipBatch& batch) { return {batch.labels, batch.tubelets}; }

ClassLoss ClassLossOf(TrainConfig::Loss loss) {
  return loss == TrainConfig::SOFTMAX ? ClassLoss::kSoftmax : ClassLoss::kBce;
}

void SetBatchNorm(TrainConfig::BatchNorm batch_norm, Detector& model) {
  model.SetBatchNormFrozen(batch_norm != TrainConfig::TRAINED);
  if (batch_norm == TrainConfig::FROZEN_STATISTICS) SetBatchNormTrained(model, true);
}

}  // namespace mrsn::experiments
