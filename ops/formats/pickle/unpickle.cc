#include "ops/formats/pickle/unpickle.h"

#include "absl/strings/str_format.h"
#include "ops/formats/pickle/unpickler.h"

namespace mrsn::formats {

absl::Status Unpickle(absl::string_view bytes, const std::string& origin, const UnpickleLimits& limits,
                      PickleObjects* objects, PickleTree* tree, size_t* length) {
  Unpickler unpickler(bytes, limits, objects, tree);
  const absl::Status status = unpickler.Run();
  if (!status.ok()) {
    return absl::DataLossError(
        absl::StrFormat("%s: not a readable pickle: byte %d: %s", origin, unpickler.at(), status.message()));
  }
  if (length != nullptr) *length = unpickler.next();
  return absl::OkStatus();
}

}  // namespace mrsn::formats
