// The pickle in a file of torch.save as plain data: ops/formats/pickle reads it, and this file gives torch's
// names their meaning.
#ifndef MRSN_MRSN_CHECKPOINT_TORCH_PICKLE_H_
#define MRSN_MRSN_CHECKPOINT_TORCH_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/dtype.h"
#include "ops/formats/pickle/value.h"

namespace mrsn {

using formats::PickleTree;
using formats::PickleValue;

// Values a storage member of the archive holds.
struct StorageRecord {
  std::string key;  // its member is "<prefix>/data/<key>"
  Dtype dtype;
  uint64_t elements;
};

// A view of a storage: element (i, j, ..) is storage[offset + i strides[0] + j strides[1] + ..].
// Every element lies within the storage.
struct TensorRecord {
  const StorageRecord* storage;
  int64_t offset;
  std::vector<int64_t> sizes, strides;
};

struct TorchPickle : PickleTree {
  std::deque<StorageRecord> storages;  // addresses are stable
};

// nullptr if the value is no tensor.
const TensorRecord* TensorOf(const PickleValue& value);

// The most values, and the most entries of the stack or the memo. A checkpoint of a SlowFast R-101 with its
// optimizer has 30,000.
inline constexpr size_t kMaxPickleValues = 1'000'000;

// Known globals are OrderedDict and those that torch.save writes for tensors:
// torch._utils._rebuild_tensor_v2, _rebuild_parameter, _rebuild_parameter_with_state, torch.Size and the
// storages of dtype.h. Every other global is an inert value, and so is the result of calling it; checkpoints
// of mmaction2 have many of them beside their weights (numpy scalars, log histories, dates). Errors and
// `length` are those of ops/formats/pickle/unpickle.h; a tensor beyond its storage is an error, too.
absl::StatusOr<TorchPickle> Unpickle(absl::string_view bytes, const std::string& origin,
                                     size_t* length = nullptr);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_TORCH_PICKLE_H_
