// Reads pickles without executing anything.
//
//   absl::StatusOr<PickleTree> tree = ReadNumpyPickle("proposals.pkl");   // numpy_pickle.h
//
// The machine below knows Python's opcodes only. Classes and functions that a pickle names get their meaning
// from a PickleObjects: numpy_pickle.h for files of arrays, mrsn/checkpoint for those of torch.save.
#ifndef MRSN_OPS_FORMATS_PICKLE_UNPICKLE_H_
#define MRSN_OPS_FORMATS_PICKLE_UNPICKLE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

// Reads protocols 0 to 5 into `tree`. DataLoss names `origin`, the byte and the fault: the pickle is cut, an
// opcode is unknown, operands have a wrong kind, a limit is reached, or `objects` refuses something. Bytes
// after the pickle's end are not read; `length`, if given, is set to the pickle's length. Memory is bounded
// by the limit and the pickle's size. Nothing recurs, so that depth costs nothing.
absl::Status Unpickle(absl::string_view bytes, const std::string& origin, const UnpickleLimits& limits,
                      PickleObjects* objects, PickleTree* tree, size_t* length = nullptr);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_UNPICKLE_H_
