// Reads pickles without executing anything.
#ifndef MRSN_MRSN_CHECKPOINT_UNPICKLE_H_
#define MRSN_MRSN_CHECKPOINT_UNPICKLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/pickle_value.h"

namespace mrsn {

// At most so many values and entries of the stack or the memo; a checkpoint of a
// SlowFast R-101 with its optimizer has 30,000.
inline constexpr size_t kMaxPickleValues = 1'000'000;

// Binary opcodes of protocols 1 to 5. Known are OrderedDict and what torch.save makes
// of tensors: torch._utils._rebuild_tensor_v2, _rebuild_parameter,
// _rebuild_parameter_with_state, torch.Size and the storages of dtype.h. Every other
// global is an inert value, whatever is called with it; checkpoints of mmaction2 are
// full of such (numpy scalars, log histories, dates) beside their weights.
// DataLoss names `origin`, the byte and what is wrong with it: cut, an unknown opcode,
// operands of a wrong kind, a tensor that reaches beyond its storage.
// Bytes after the pickle's end are not read; `length` (if any) is that of the pickle.
absl::StatusOr<PickleTree> Unpickle(absl::string_view bytes, const std::string& origin,
                                    size_t* length = nullptr);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_UNPICKLE_H_
