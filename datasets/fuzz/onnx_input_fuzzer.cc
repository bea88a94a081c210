// Sizes of an ONNX network's input.
#include <cstddef>
#include <cstdint>

#include "datasets/persons/onnx_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<cv::Size> input =
      mrsn::datasets::OnnxInputSize({reinterpret_cast<const char*>(data), size}, "fuzz");
  constexpr int kLargest = 1 << 15;  // of a side; 0 is an open one
  if (input.ok() &&
      (input->width < 0 || input->height < 0 || input->width > kLargest || input->height > kLargest)) {
    __builtin_trap();
  }
  return 0;
}
