// The options of two streams, from their message in ModelConfig.
#ifndef MRSN_MRSN_BACKBONE_TWO_STREAM_CONFIG_H_
#define MRSN_MRSN_BACKBONE_TWO_STREAM_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

class TwoStreamConfig;  // mrsn/model_config.pb.h

// `path` is what errors call the message: "model.two_stream". InvalidArgument names the field, its value and
// what is allowed.
absl::StatusOr<TwoStreamOptions> ReadTwoStream(const TwoStreamConfig& config, const std::string& path,
                                               TemporalPool pool);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_TWO_STREAM_CONFIG_H_
