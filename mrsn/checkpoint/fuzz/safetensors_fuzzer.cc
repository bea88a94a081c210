// Headers of safetensors files; the rest of such a file is elements, which are only copied.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = mrsn::ParseSafetensorsHeader(bytes, size, "fuzz");
  if (!header.ok()) return 0;
  uint64_t end = header->data_begin;
  for (const auto& entry : header->entries) {
    uint64_t expected = mrsn::InfoOf(entry.dtype).bytes;
    for (int64_t extent : entry.shape) expected *= extent;
    if (header->data_begin + entry.begin != end || entry.end - entry.begin != expected) __builtin_trap();
    end = header->data_begin + entry.end;
  }
  if (end != size) __builtin_trap();
  return 0;
}
