// The weights a backbone starts from (Inputs::pretrained_backbone): published Kinetics checkpoints.
#ifndef MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_
#define MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/detector.h"
#include "mrsn/model_config.pb.h"

namespace mrsn::experiments {

// Copies <data_root>/<file> into the model's backbone; the head stays as it is. The SHA-256 of
// the file. An error names the file, and says what to put there if there is none.
absl::StatusOr<std::string> LoadPretrainedBackbone(const std::string& file, const std::string& data_root,
                                                   Detector& model);

// Whether that would work for a model of this configuration; how many tensors are copied, in words.
absl::StatusOr<std::string> TryPretrainedBackbone(const std::string& file, const std::string& data_root,
                                                  const ModelConfig& config);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_PRETRAINED_BACKBONE_H_
