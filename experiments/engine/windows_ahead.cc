#include "experiments/engine/windows_ahead.h"

#include <utility>

namespace mrsn::experiments {

absl::StatusOr<datasets::Sample> WindowsAhead::Load(int64_t index, uint64_t augmentation_seed) const {
  absl::StatusOr<datasets::Sample> sample = dataset().Load(index, augmentation_seed);
  if (!sample.ok()) return sample;
  const Keyframe& keyframe = dataset().keyframe(index);
  absl::StatusOr<BankWindow> window = bank_.Window(keyframe, radius_);
  if (!window.ok()) return sample;
  std::lock_guard<std::mutex> lock(mutex_);
  if (kept_.size() < kMostKept) kept_.emplace(keyframe, *std::move(window));
  return sample;
}

std::optional<BankWindow> WindowsAhead::Take(const Keyframe& keyframe) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto kept = kept_.extract(keyframe);
  if (kept.empty()) return std::nullopt;
  return std::move(kept.mapped());
}

}  // namespace mrsn::experiments
