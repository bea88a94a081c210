#include "experiments/engine/detector_input.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "mrsn/backbone/frozen_norm.h"
#include "ops/base/status_macros.h"
#include "ops/clip/scale_pixels.h"

namespace mrsn::experiments {

absl::StatusOr<LongTermWindow> WindowsOf(const BankWindows& windows, const std::vector<Keyframe>& keyframes) {
  std::vector<BankWindow> found;
  std::vector<int64_t> clip_index, offsets;
  for (size_t clip = 0; clip < keyframes.size(); ++clip) {
    const Keyframe& keyframe = keyframes[clip];
    std::optional<BankWindow> read;
    if (windows.ahead != nullptr) read = windows.ahead->Take(keyframe);
    if (!read.has_value()) {
      MRSN_ASSIGN_OR_RETURN(read,
                            windows.bank->Window(keyframe.video, keyframe.timestamp, windows.radius_seconds));
    }
    for (const int64_t offset : read->offsets) {
      if (offset == 0 && !windows.own_second) continue;
      offsets.push_back(offset);
      clip_index.push_back(clip);
    }
    found.push_back(*std::move(read));
  }
  const auto entries = static_cast<int64_t>(offsets.size());
  const int64_t width = windows.bank->width();
  const at::Tensor halves = at::empty({entries, width}, at::kHalf);
  auto* out = reinterpret_cast<uint16_t*>(halves.data_ptr());
  for (const BankWindow& window : found) {
    for (size_t i = 0; i < window.offsets.size(); ++i) {
      if (window.offsets[i] == 0 && !windows.own_second) continue;
      out = std::copy_n(&window.halves[i * width], width, out);
    }
  }
  LongTermWindow joined;
  joined.features = halves.to(at::kFloat);
  joined.clip_index = at::tensor(clip_index, at::kLong);
  joined.offset = at::tensor(offsets, at::kLong);
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
