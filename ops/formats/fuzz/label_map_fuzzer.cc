// Label maps, both dialects.
#include <cstddef>
#include <cstdint>

#include "ops/formats/label_map.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  absl::StatusOr<TextFile> file = TextFile::FromBytes({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (file.ok()) (void)ParseLabelMap(*file);
  return 0;
}
