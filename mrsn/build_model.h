// A detector from its configuration.
//
//   MRSN_ASSIGN_OR_RETURN(std::shared_ptr<ActionDetector> detector,
//                         BuildModel(config, torch::kCPU));
#ifndef MRSN_MRSN_BUILD_MODEL_H_
#define MRSN_MRSN_BUILD_MODEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "mrsn/action_detector.h"
#include "mrsn/detector.h"

namespace mrsn {

class ModelConfig;  // mrsn/model_config.pb.h

// The detector, freshly initialised from LibTorch's default CPU generator (the
// same seed gives the same weights, whatever the device), in training mode.
// On torch::kMeta it has shapes and no memory, draws no random number, and Forward() takes
// meta tensors and returns shapes: for counting parameters and operations at any size.
// InvalidArgument names the field ("model.mrsn.patch_size"), its value and what
// is allowed. Unimplemented: the program does not link the head (model_factory.h).
absl::StatusOr<std::shared_ptr<ActionDetector>> BuildModel(const ModelConfig& config, torch::Device device);

// As BuildModel, and the detectors that find boxes themselves (act, step), which BuildModel refuses.
absl::StatusOr<std::shared_ptr<Detector>> BuildDetector(const ModelConfig& config, torch::Device device);

}  // namespace mrsn

#endif  // MRSN_MRSN_BUILD_MODEL_H_
