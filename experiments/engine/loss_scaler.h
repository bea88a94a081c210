// The scale of the loss in float16 training (Micikevicius et al. 2018, "Mixed Precision Training", sec. 3.2).
//
// Gradients of activations below 2^-24 are 0 in float16. The loss times s has gradients times s, which
// float16 can hold; the gradients of the weights are divided by s again. The largest s that does not make
// gradients infinite is found by trying, as torch.amp.GradScaler does:
//
//   a step's gradients are not finite:    the step is left out,  s = max(1, s / 2)
//   `growth_interval` steps were finite:  s = s growth_factor
#ifndef MRSN_EXPERIMENTS_ENGINE_LOSS_SCALER_H_
#define MRSN_EXPERIMENTS_ENGINE_LOSS_SCALER_H_

#include <cstdint>

namespace mrsn::experiments {

struct LossScalerOptions {
  double initial_scale = 65536;    // 1 or more
  double growth_factor = 2;        // above 1
  int64_t growth_interval = 2000;  // steps, 1 or more
};

class LossScaler {
 public:
  struct State {
    double scale = 1;
    int64_t finite_steps = 0;  // since the scale was last changed
  };

  explicit LossScaler(const LossScalerOptions& options) : options_(options), state_{options.initial_scale} {}

  double scale() const { return state_.scale; }

  // Whether a smaller scale is left. At scale 1 gradients that are not finite are not the scale's doing.
  bool can_shrink() const { return state_.scale > 1; }

  // After each backward pass: whether all gradients of the weights are finite.
  void Update(bool finite);

  // A training that goes on has the scale that it had.
  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  const LossScalerOptions options_;
  State state_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_LOSS_SCALER_H_
