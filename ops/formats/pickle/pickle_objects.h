// The meaning that readers of files give to the classes and functions of a pickle.
#ifndef MRSN_OPS_FORMATS_PICKLE_PICKLE_OBJECTS_H_
#define MRSN_OPS_FORMATS_PICKLE_PICKLE_OBJECTS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "ops/formats/pickle/value.h"

namespace mrsn::formats {

// Errors of these functions need not name the place.
class PickleObjects {
 public:
  virtual ~PickleObjects() = default;
  // The pickle names the class or function "module.name". An error refuses the pickle; a name that may stand
  // in it without a meaning goes into tree->unknown_globals.
  virtual absl::Status Name(const std::string& global, PickleTree* tree) = 0;
  // Sets `result`, which is None, to what `function(*arguments)` stands for.
  virtual absl::Status Call(const PickleValue& function, const PickleValue& arguments, PickleTree* tree,
                            PickleValue* result) = 0;
  // Gives `object` its state. By default nothing happens.
  virtual absl::Status Build(const PickleValue& state, PickleTree* tree, PickleValue* object);
  // Sets `result`, which is None, to what the persistent id stands for. By default an error.
  virtual absl::Status LoadPersistent(const PickleValue& id, PickleTree* tree, PickleValue* result);
};

struct UnpickleLimits {
  // The most values, and the most entries of the stack or the memo. A value is 90 bytes, without its text.
  size_t values = 1'000'000;
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_PICKLE_OBJECTS_H_
