// Pickles of arrays, and the annotations of UCF101-24 in them.
#include <cstddef>
#include <cstdint>

#include "ops/formats/pickle/numpy_pickle.h"
#include "ops/formats/ucf24_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<PickleTree> tree = ParseNumpyPickle(bytes, "fuzz");
  if (!tree.ok()) return 0;
  for (const PickleValue& value : tree->values) {
    (void)value.Described();
    const NumpyArray* array = ArrayOf(value);
    if (array == nullptr) continue;
    // An element of either end, and one beyond.
    for (const int64_t i : {int64_t{0}, array->size() - 1, array->size()}) {
      if (array->Number(i).has_value() && (i < 0 || i >= array->size())) __builtin_trap();
      (void)array->Text(i);
    }
  }
  (void)ParseUcf24Pickle(bytes, "fuzz");
  CsvOptions strict;
  strict.strict = true;
  (void)ParseUcf24Pickle(bytes, "fuzz", strict);
  return 0;
}
