// Pickles by themselves: checksums keep most changes of a whole file from reaching them.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/torch_pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tree = mrsn::Unpickle(absl::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!tree.ok()) return 0;
  (void)tree->root->Get("state_dict");
  for (const mrsn::PickleValue& value : tree->values) {
    (void)value.Described();
    if (mrsn::TensorOf(value) == nullptr) continue;
    // Every element that as_strided() will reach lies in the storage.
    const mrsn::TensorRecord& tensor = *mrsn::TensorOf(value);
    uint64_t elements = 1, last = tensor.offset;
    for (int64_t extent : tensor.sizes) elements *= extent;
    if (elements == 0) continue;
    for (size_t d = 0; d < tensor.sizes.size(); ++d) last += (tensor.sizes[d] - 1) * tensor.strides[d];
    if (last >= tensor.storage->elements) __builtin_trap();
  }
  return 0;
}
