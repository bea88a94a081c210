// Lists of classes. The first byte chooses the first id: of UCF101-24, or of AVA.
#include <cstddef>
#include <cstdint>
#include <set>

#include "datasets/class_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn;
  if (size == 0) return 0;
  const int first_id = data[0] % 2;
  const absl::StatusOr<formats::TextFile> file =
      formats::TextFile::FromBytesUnchecked({reinterpret_cast<const char*>(data + 1), size - 1}, "fuzz");
  if (!file.ok()) return 0;
  const absl::StatusOr<std::vector<formats::ActionClass>> classes = datasets::ParseClassList(*file, first_id);
  if (!classes.ok()) return 0;
  std::set<int> ids;
  for (const formats::ActionClass& c : *classes) {
    if (c.id < first_id || !ids.insert(c.id).second) __builtin_trap();
  }
  if (ids.empty()) __builtin_trap();
  return 0;
}
