// Trained weights that came with the program: <checkpoints_root>/<experiment>.safetensors.
#ifndef MRSN_EXPERIMENTS_RUN_SHIPPED_WEIGHTS_H_
#define MRSN_EXPERIMENTS_RUN_SHIPPED_WEIGHTS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn::experiments {

struct ShippedWeights {
  std::string path;
  std::string hash;  // WeightsHash() of the model that was trained
  Safetensors weights;
};

// No value if there is no file, or if its weights were trained with another config or seed than the run's. An
// error if the file cannot be read.
absl::StatusOr<std::optional<ShippedWeights>> FindShippedWeights(const std::string& checkpoints_root,
                                                                 const RunNode& run);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_SHIPPED_WEIGHTS_H_
