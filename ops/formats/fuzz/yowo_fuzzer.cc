// One frame of YOWO's layout: the first line is the file's name, the rest its text.
#include <cstddef>
#include <cstdint>

#include "ops/formats/ucf24_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(input.find('\n'), input.size());
  const std::string name(input.substr(0, cut));
  absl::StatusOr<TextFile> file = TextFile::FromBytes(input.substr(std::min(cut + 1, size)), name);
  if (!file.ok()) return 0;
  for (const RowKind kind : {RowKind::kDetections, RowKind::kGroundTruth}) {
    RowBlock block;
    std::vector<Warning> warnings;
    (void)ParseUcf24Frame(*file, name, kind, CsvOptions(), block, warnings);
  }
  return 0;
}
