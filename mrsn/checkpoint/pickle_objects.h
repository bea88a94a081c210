// Gives the known globals of a pickle their meaning.
#ifndef MRSN_MRSN_CHECKPOINT_PICKLE_OBJECTS_H_
#define MRSN_MRSN_CHECKPOINT_PICKLE_OBJECTS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "mrsn/checkpoint/pickle_value.h"

namespace mrsn {

bool IsKnownGlobal(const std::string& name);

// Sets `result`, which is None, to the value of `function(*arguments)`; to an opaque value if the function is
// not known. The error does not name the place.
absl::Status CallGlobal(const PickleValue& function, const PickleValue& arguments, PickleValue* result);

// Persistent ids: ("storage", class, key, device, elements[, None]). The same key gives the same
// storage, which `storages` remembers.
absl::Status LoadStorage(const PickleValue& id, PickleTree* tree,
                         std::map<std::string, const StorageRecord*>* storages, PickleValue* result);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_PICKLE_OBJECTS_H_
