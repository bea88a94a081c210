#include "experiments/engine/loss_scaler.h"

#include <algorithm>
#include <limits>

namespace mrsn::experiments {
namespace {

constexpr double kShrink = 0.5;
// Beyond it float32's own gradients become infinite.
constexpr double kLargest = std::numeric_limits<float>::max() / 2;

}  // namespace

void LossScaler::Update(bool finite) {
  if (!finite) {
    state_ = {std::max(1.0, state_.scale * kShrink), 0};
  } else if (++state_.finite_steps == options_.growth_interval) {
    state_ = {std::min(kLargest, state_.scale * options_.growth_factor), 0};
  }
}

}  // namespace mrsn::experiments
