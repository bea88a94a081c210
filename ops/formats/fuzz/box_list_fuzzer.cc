// Box lists of every layout, recognised by content. The first byte chooses the options.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "ops/formats/box_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mrsn::formats;
  if (size == 0) return 0;
  BoxListOptions options;
  options.csv.num_threads = 1;
  options.csv.strict = (data[0] & 1) != 0;
  options.csv.fractional_timestamps = (data[0] & 2) != 0;
  if ((data[0] & 4) != 0) options.csv.timestamps = Timestamps::kFrames;
  if ((data[0] & 8) != 0) options.frame_width = 320, options.frame_height = 240;
  absl::StatusOr<BoxList> list =
      ParseBoxList({reinterpret_cast<const char*>(data + 1), size - 1}, "fuzz", options);
  if (!list.ok()) return 0;
  for (const RowBlock& block : list->contents.blocks) {
    for (const Row& row : block.rows) {
      if (row.keyframe < 0 || row.keyframe >= block.keyframes.size()) __builtin_trap();
      if (options.csv.strict && !(row.box.Valid() && row.score >= 0 && row.score <= 1)) __builtin_trap();
    }
  }
  (void)MergeEqualBoxes(&list->contents);
  return 0;
}
