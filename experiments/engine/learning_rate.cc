#include "experiments/engine/learning_rate.h"

namespace mrsn::experiments {

double LearningRateAt(const LearningRateSchedule& schedule, int64_t iteration) {
  const double epoch = static_cast<double>(iteration) / schedule.iterations_per_epoch;
  if (epoch < schedule.warmup_epochs) {
    return schedule.warmup_start + (schedule.base - schedule.warmup_start) * epoch / schedule.warmup_epochs;
  }
  double rate = schedule.base;
  for (double decay_epoch : schedule.decay_epochs) {
    // 5.6 epochs of 10 iterations is iteration 56, though 5.6 * 10 is a little less or more.
    if (epoch >= decay_epoch - 1e-9) rate *= schedule.decay_factor;
  }
  return rate;
}

}  // namespace mrsn::experiments
