// The backbone part of a ModelConfig to plain options.
#ifndef MRSN_MRSN_BACKBONE_FROM_CONFIG_H_
#define MRSN_MRSN_BACKBONE_FROM_CONFIG_H_

#include <cstdint>
#include <variant>

#include "absl/status/statusor.h"
#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

class ModelConfig;  // mrsn/model_config.pb.h

// Of each: ChannelsOf, NeedsOf, and a line of MakeBackbone in build_model.cc.
using BackboneOptions =
    std::variant<SlowOnlyOptions, SlowFastOptions, Inception3dBackboneOptions, TwoStreamOptions>;

// InvalidArgument names the field ("model.slow_fast.slow.depth"), its value and what is
// allowed.
absl::StatusOr<BackboneOptions> ReadBackbone(const ModelConfig& config);

int64_t BackboneChannels(const BackboneOptions& options);  // C of the feature map

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_FROM_CONFIG_H_
