// The learning rate of an iteration: linear warm-up, then steps at fractional epochs.
#ifndef MRSN_EXPERIMENTS_ENGINE_LEARNING_RATE_H_
#define MRSN_EXPERIMENTS_ENGINE_LEARNING_RATE_H_

#include <cstdint>
#include <vector>

namespace mrsn::experiments {

// Paper section 4.2: AVA 6 epochs, base 0.04, divided by 10 at epochs 5.6 and 5.8.
struct LearningRateSchedule {
  double base = 0.04;
  double decay_factor = 0.1;
  std::vector<double> decay_epochs;  // ascending, fractions of an epoch allowed
  double warmup_epochs = 0;
  double warmup_start = 0;  // the rate at iteration 0 when warmup_epochs > 0
  int64_t iterations_per_epoch = 1;
};

// Epoch position e = iteration / iterations_per_epoch.
//   e < warmup_epochs:  warmup_start + (base - warmup_start) * e / warmup_epochs
//   otherwise:          base * decay_factor^(number of decay_epochs <= e)
double LearningRateAt(const LearningRateSchedule& schedule, int64_t iteration);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_LEARNING_RATE_H_
