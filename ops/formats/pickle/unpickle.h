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
#include "absl/strings/string_view.h"
#include "ops/formats/pickle/pickle_objects.h"
#include "ops/formats/pickle/value.h"

namespace mrsn::formats {

// Reads protocols 0 to 5 into `tree`. DataLoss names `origin`, the byte and the fault: the pickle is cut, an
// opcode is unknown, operands have a wrong kind, a limit is reached, or `objects` refuses something. Bytes
// after the pickle's end are not read; `length`, if given, is set to the pickle's length. Memory is bounded
// by the limit and the pickle's size. Nothing recurs, so that depth costs nothing.
absl::Status Unpickle(absl::string_view bytes, const std::string& origin, const UnpickleLimits& limits,
                      PickleObjects* objects, PickleTree* tree, size_t* length = nullptr);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_UNPICKLE_H_
