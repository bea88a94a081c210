#include "ops/formats/pickle/pickle_objects.h"

namespace mrsn::formats {

absl::Status PickleObjects::Build(const PickleValue&, PickleTree*, PickleValue*) { return absl::OkStatus(); }

absl::Status PickleObjects::LoadPersistent(const PickleValue&, PickleTree*, PickleValue*) {
  return absl::DataLossError("it refers to an object outside the pickle");
}

}  // namespace mrsn::formats
