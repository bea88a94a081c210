// Lays a config file over its base.
//
// A list that the child sets replaces its parent's. protobuf's own merge would append it: two decay epochs
// would silently become four.
#ifndef MRSN_EXPERIMENTS_CONFIG_MERGE_H_
#define MRSN_EXPERIMENTS_CONFIG_MERGE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"

namespace mrsn::experiments {

// Unsets the field or oneof at a dotted path: "model.mrsn.rse", "model.mrsn.consensus". A field that is unset
// already is no error. A path that the message type does not have is an error with the nearest names.
absl::Status ClearField(const std::string& path, google::protobuf::Message* message);

// Lays `child` over `parent`: scalars and list fields that the child sets replace
// the parent's, messages merge field by field, another case of a oneof replaces the
// whole case. Both of one type.
void MergeOver(const google::protobuf::Message& child, google::protobuf::Message* parent);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_MERGE_H_
