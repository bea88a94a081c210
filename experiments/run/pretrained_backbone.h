// Loads the weights that a backbone starts from (Inputs::pretrained_backbone): published Kinetics
// checkpoints.
#ifndef MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_
#define MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

// <data_root>/<file>. NotFound names the file that belongs there.
absl::StatusOr<std::string> PretrainedBackbonePath(const std::string& file, const std::string& data_root);

struct PretrainedBackbone {
  std::string sha256;  // of the file
  std::string found;   // for people: tensors copied, format, hash
};

// Copies the checkpoint at `path` into the model's backbone; the head stays as it is.
// An error names the file.
absl::StatusOr<PretrainedBackbone> LoadPretrainedBackbone(const std::string& path, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_
