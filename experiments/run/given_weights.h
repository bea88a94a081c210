// Weights that a program is given: --checkpoint=<file> or --checkpoint=random:<seed>.
#ifndef MRSN_EXPERIMENTS_RUN_GIVEN_WEIGHTS_H_
#define MRSN_EXPERIMENTS_RUN_GIVEN_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

struct WeightsSource {
  std::string file;              // "" for random weights
  std::optional<uint64_t> seed;  // of random weights

  bool random() const { return seed.has_value(); }
};

// InvalidArgument for "random:" without a number. A file is not looked for yet.
absl::StatusOr<WeightsSource> ReadWeightsSource(const std::string& checkpoint);

// Fills the model with the weights of the file (mrsn/checkpoint/load_checkpoint.h); random weights are those
// that it was built with. InvalidArgument names tensors of another shape, with both shapes, tensors of
// the model that the file lacks, and tensors of the file that the model lacks. With `allow_missing` the
// latter two are no error, and the result names them.
absl::StatusOr<GivenWeights> LoadGivenWeights(const WeightsSource& source, bool allow_missing,
                                              Detector& model);

// What a file of this project says about its weights; nothing for random weights and files of others.
absl::StatusOr<std::optional<Checkpoint>> AboutWeights(const WeightsSource& source);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_GIVEN_WEIGHTS_H_
