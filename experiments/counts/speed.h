// Measures side by side how many clips a second the models of several experiments score.
#ifndef MRSN_EXPERIMENTS_COUNTS_SPEED_H_
#define MRSN_EXPERIMENTS_COUNTS_SPEED_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

struct SpeedOptions {
  std::string configs_root;
  int rounds = 7;
  double seconds = 0.5;  // at least this long for one model in one round
  int clips = 16, boxes = 3;
  int threads = 1;
};

// Measures detection alone, without reading videos, on random clips of the size that each experiment is
// evaluated on. The models take turns, so that other load of the machine meets all of them alike. Each gets
// the median of its rounds.
absl::StatusOr<std::vector<Speed>> MeasureSpeeds(const std::vector<std::string>& experiments,
                                                 const SpeedOptions& options);

// Writes <results_root>/<experiment>/speed.textproto.
absl::Status WriteSpeed(const std::string& results_root, const Speed& speed);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_SPEED_H_
