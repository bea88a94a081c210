// Whether the coordinates of a file of annotations have the unit that a data set expects.
#ifndef MRSN_OPS_FORMATS_BOX_UNIT_H_
#define MRSN_OPS_FORMATS_BOX_UNIT_H_

#include <string>

#include "absl/status/status.h"
#include "ops/formats/read_options.h"

namespace mrsn::formats {

// Fractions of a frame may reach a little over it; a box of pixels that ends before the third pixel is none.
inline constexpr double kLargestFraction = 2;

// An error if more than half of the boxes have a coordinate above kLargestFraction: they are in pixels.
absl::Status ExpectFractions(const std::string& file, const CsvContents& contents);

// An error if all boxes, of one at least, end at or below kLargestFraction: they are fractions of the frame.
absl::Status ExpectPixels(const std::string& file, const CsvContents& contents);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_BOX_UNIT_H_
