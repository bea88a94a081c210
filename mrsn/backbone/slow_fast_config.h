// The options of SlowFast, from its message in ModelConfig.
#ifndef MRSN_MRSN_BACKBONE_SLOW_FAST_CONFIG_H_
#define MRSN_MRSN_BACKBONE_SLOW_FAST_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

class SlowFastConfig;  // mrsn/model_config.pb.h

// `path` is what errors call the message: "model.slow_fast". InvalidArgument names the field, its value and
// what is allowed.
absl::StatusOr<SlowFastOptions> ReadSlowFast(const SlowFastConfig& config, const std::string& path,
                                             TemporalPool pool);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_SLOW_FAST_CONFIG_H_
