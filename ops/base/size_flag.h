// Sizes of pictures on command lines: --input_size=640x640.
#ifndef MRSN_OPS_BASE_SIZE_FLAG_H_
#define MRSN_OPS_BASE_SIZE_FLAG_H_

#include <string>

#include "absl/status/statusor.h"

namespace mrsn {

struct PictureSize {
  int width = 0, height = 0;  // pixels
};

// WIDTHxHEIGHT, each from 1 to 32768. A wrong usage of the flag `name` for other values.
absl::StatusOr<PictureSize> SizeFlag(const std::string& name, const std::string& value);

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_SIZE_FLAG_H_
