#include "experiments/engine/detector_input.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "mrsn/backbone/frozen_norm.h"
#include "ops/base/status_macros.h"
#include "ops/clip/scale_pixels.h"
#include "ops/device/move_together.h"

namespace mrsn::experiments {

absl::StatusOr<LongTermWindow> WindowsOf(const BankWindows& windows, const std::vector<Keyframe>& keyframes) {
  if (windows.bank == nullptr) return LongTermWindow();
  std::vector<BankWindow> found;
  std::vector<int64_t> clip_index, offsets;
  for (size_t clip = 0; clip < keyframes.size(); ++clip) {
    const Keyframe& keyframe = keyframes[clip];
    std::optional<BankWindow> read;
    if (windows.ahead != nullptr) read = windows.ahead->Take(keyframe);
    if (!read.has_value()) {
      MRSN_ASSIGN_OR_RETURN(read, windows.bank->Window(keyframe, windows.radius_seconds));
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

LongTermWindow JoinWindows(const std::vector<LongTermWindow>& windows) {
  if (!windows.front().features.defined()) return {};
  std::vector<at::Tensor> features, clip_index, offset;
  for (size_t clip = 0; clip < windows.size(); ++clip) {
    features.push_back(windows[clip].features);
    clip_index.push_back(windows[clip].clip_index + static_cast<int64_t>(clip));
    offset.push_back(windows[clip].offset);
  }
  return {at::cat(features), at::cat(clip_index), at::cat(offset)};
}

at::Device DeviceOf(const Detector& model) {
  const std::vector<at::Tensor> parameters = model.parameters();
  return parameters.empty() ? at::Device(at::kCPU) : parameters.front().device();
}

ModelBatch ModelBatchOf(const datasets::ClipBatch& batch, const LongTermWindow& bank, const Detector& model) {
  ModelBatch made = {{batch, bank}, {batch.labels, batch.tubelets}};
  const bool takes_boxes = model.needs().boxes;
  std::vector<at::Tensor*> moved;
  for (const InputTensor& tensor : InputTensors()) {
    if (takes_boxes || tensor.values == InputTensor::Values::kFrames) moved.push_back(&tensor.of(made.input));
  }
  if (takes_boxes) moved.push_back(&made.truth.labels);
  MoveTogether(moved, DeviceOf(model));
  if (made.input.features.defined()) made.input.features = made.input.features.to(at::kFloat);
  made.input.slow = ScalePixels(made.input.slow, batch.scaling);
  made.input.fast = ScalePixels(made.input.fast, batch.scaling);
  return made;
}

ClassLoss ClassLossOf(TrainConfig::Loss loss) {
  return loss == TrainConfig::SOFTMAX ? ClassLoss::kSoftmax : ClassLoss::kBce;
}

Arithmetic ArithmeticOf(const TrainConfig& config) {
  Arithmetic arithmetic;
  if (config.precision() == TrainConfig::BFLOAT16) arithmetic.type = at::kBFloat16;
  if (config.precision() == TrainConfig::FLOAT16) arithmetic.type = at::kHalf;
  arithmetic.tf32 = config.tf32();
  arithmetic.cudnn_autotune = config.cudnn_autotune();
  return arithmetic;
}

void SetBatchNorm(TrainConfig::BatchNorm batch_norm, Detector& model) {
  model.SetBatchNormFrozen(batch_norm != TrainConfig::TRAINED);
  if (batch_norm == TrainConfig::FROZEN_STATISTICS) SetBatchNormTrained(model, true);
}

}  // namespace mrsn::experiments
