// Text-format protobuf files with errors a person can act on.
#ifndef MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_
#define MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn::experiments {

// Parses `text` into `message`. An unknown or repeated field, a wrong type or a
// value out of its type's range is InvalidArgument: "<origin>:<line>:<column>:
// what was found", with the nearest field names for an unknown one.
absl::Status ParseTextProto(absl::string_view text, const std::string& origin,
                            google::protobuf::Message* message);

// ReadFile and ParseTextProto.
absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message);

// Deterministic text: fields by number, one per line.
std::string PrintTextProto(const google::protobuf::Message& message);

// Those of `candidates` that are within a few typing errors of `name`, best first,
// at most three.
std::vector<std::string> NearestNames(absl::string_view name, const std::vector<std::string>& candidates);

// "; did you mean a, b or c?", or "" when nothing is near.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_
