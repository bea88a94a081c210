// AVA and UCF101-24 CSV, plain or gzip. The first byte chooses reader and options.
#include <cstddef>
#include <cstdint>

#include "ops/formats/ava_csv.h"
#include "ops/formats/ucf24_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  absl::StatusOr<TextFile> file =
      TextFile::FromBytes({reinterpret_cast<const char*>(data + 1), size - 1}, "fuzz");
  if (!file.ok()) return 0;
  const absl::flat_hash_set<int> classes = {1, 12, 80};
  CsvOptions options;
  options.num_threads = 1;
  options.fractional_timestamps = (choice & 4) != 0;
  options.allow_keyframe_rows = (choice & 4) != 0;
  options.classes = &classes;
  const RowKind kind = (choice & 2) != 0 ? RowKind::kGroundTruth : RowKind::kDetections;
  options.strict = (choice & 16) != 0;
  options.allow_tubes = (choice & 32) != 0;
  if ((choice & 9) == 9) {
    (void)ParseAvaExclusions(*file, options);
  } else if ((choice & 1) != 0) {
    (void)ParseUcf24Csv(*file, kind, options);
  } else {
    (void)ParseAvaCsv(*file, kind, options);
  }
  return 0;
}
