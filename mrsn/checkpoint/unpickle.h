// Reads pickles without executing anything.
#ifndef MRSN_MRSN_CHECKPOINT_UNPICKLE_H_
#define MRSN_MRSN_CHECKPOINT_UNPICKLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/pickle_value.h"

namespace mrsn {

// The most values, and the most entries of the stack or the memo. A checkpoint of a SlowFast R-101 with its
// optimizer has 30,000.
inline constexpr size_t kMaxPickleValues = 1'000'000;

// Reads the binary opcodes of protocols 1 to 5. Known globals are OrderedDict and those that torch.save
// writes for tensors: torch._utils._rebuild_tensor_v2, _rebuild_parameter, _rebuild_parameter_with_state,
// torch.Size and the storages of dtype.h. Every other global is an inert value, and so is the result of
// calling it; checkpoints of mmaction2 have many of them beside their weights (numpy scalars, log histories,
// dates). DataLoss names `origin`, the byte and the fault: the pickle is cut, an opcode is unknown, operands
// have a wrong kind, or a tensor reaches beyond its storage. Bytes after the pickle's end are not read;
// `length`, if given, is set to the pickle's length.
absl::StatusOr<PickleTree> Unpickle(absl::string_view bytes, const std::string& origin,
                                    size_t* length = nullptr);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_UNPICKLE_H_
