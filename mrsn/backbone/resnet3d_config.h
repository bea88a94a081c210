// The options of a 3-D ResNet, and of a backbone of nothing else, from its message in ModelConfig.
#ifndef MRSN_MRSN_BACKBONE_RESNET3D_CONFIG_H_
#define MRSN_MRSN_BACKBONE_RESNET3D_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

class ResNet3dConfig;  // mrsn/model_config.pb.h

// `path` is what errors call the message: "model.slow_only". InvalidArgument names the field, its value and
// what is allowed.
absl::StatusOr<ResNet3dOptions> ReadResNet3d(const ResNet3dConfig& config, const std::string& path);

absl::StatusOr<SlowOnlyOptions> ReadSlowOnly(const ResNet3dConfig& config, const std::string& path,
                                             TemporalPool pool);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_RESNET3D_CONFIG_H_
