// Text-format protobuf files with errors a person can act on.
#ifndef MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_
#define MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mrsn::experiments {

// The place of each field that is set: "model.slow_only.stages[0].channels" ->
// "configs/base/micro.textproto:12:34". Messages have entries of their own.
using FieldPlaces = std::map<std::string, std::string>;

// Parses `text` into `message`. An unknown or repeated field, a wrong type or a
// value out of its type's range is InvalidArgument: "<origin>:<line>:<column>:
// what was found", with the nearest names for an unknown field or enum value.
// `places` (if any) gets the place of every field.
absl::Status ParseTextProto(absl::string_view text, const std::string& origin,
                            google::protobuf::Message* message, FieldPlaces* places = nullptr);

// ReadFile and ParseTextProto.
absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message,
                           FieldPlaces* places = nullptr);

// Deterministic text: fields by number, one per line.
std::string PrintTextProto(const google::protobuf::Message& message);

// The place of the field, else of the nearest message around it, else `otherwise`.
std::string PlaceOf(const FieldPlaces& places, absl::string_view path, absl::string_view otherwise);

// Those of `candidates` that are within a few typing errors of `name`, best first,
// at most three. A name without '/' is also compared with their last parts.
std::vector<std::string> NearestNames(absl::string_view name, const std::vector<std::string>& candidates);

// "; did you mean a, b or c?", or "" when nothing is near.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_TEXT_PROTO_H_
