// The options of an Inception-v1 over clips, and of a backbone of nothing else, from its message in
// ModelConfig.
#ifndef MRSN_MRSN_BACKBONE_INCEPTION3D_CONFIG_H_
#define MRSN_MRSN_BACKBONE_INCEPTION3D_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

class Inception3dConfig;  // mrsn/model_config.pb.h

// `path` is what errors call the message: "model.inception". InvalidArgument names the field, its value and
// what is allowed.
absl::StatusOr<Inception3dOptions> ReadInception3d(const Inception3dConfig& config, const std::string& path);

absl::StatusOr<Inception3dBackboneOptions> ReadInception3dBackbone(const Inception3dConfig& config,
                                                                   const std::string& path,
                                                                   TemporalPool pool);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_INCEPTION3D_CONFIG_H_
