#include "ops/formats/box_unit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mrsn::formats {
namespace {

struct Sizes {
  double largest = 0;
  int64_t boxes = 0, large = 0;  // boxes of which a coordinate is above kLargestFraction
};

Sizes SizesOf(const CsvContents& contents) {
  Sizes sizes;
  for (const RowBlock& block : contents.blocks) {
    for (const Row& row : block.rows) {
      const double end = std::max(row.box.x2, row.box.y2);
      sizes.largest = std::max(sizes.largest, end);
      sizes.large += end > kLargestFraction;
      ++sizes.boxes;
    }
  }
  return sizes;
}

}  // namespace

absl::Status ExpectFractions(const std::string& file, const CsvContents& contents) {
  const Sizes sizes = SizesOf(contents);
  if (sizes.large * 2 <= sizes.boxes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      file, ": ", sizes.large, " of ", sizes.boxes, " boxes are in pixels (the largest coordinate is ",
      sizes.largest, "), expected fractions of the frame, from 0 to 1"));
}

absl::Status ExpectPixels(const std::string& file, const CsvContents& contents) {
  const Sizes sizes = SizesOf(contents);
  if (sizes.boxes == 0 || sizes.large > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file, ": the boxes are fractions of the frame (the largest coordinate is ", sizes.largest,
                   "), expected pixels"));
}

}  // namespace mrsn::formats
