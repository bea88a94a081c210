// One frame of YOWO's layout: the first line is the file's name, the rest its text.
#include <cstddef>
#include <cstdint>

#include "eval/ucf24_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::eval;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(input.find('\n'), input.size());
  const std::string name(input.substr(0, cut));
  absl::StatusOr<TextFile> file = TextFile::FromBytes(input.substr(std::min(cut + 1, size)), name);
  if (!file.ok()) return 0;
  for (const bool ground_truth : {false, true}) {
    RowBlock block;
    std::vector<Warning> warnings;
    (void)ParseUcf24Frame(*file, name, ground_truth, CsvOptions(), block, warnings);
  }
  return 0;
}
