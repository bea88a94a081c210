// The size of the image that an ONNX file wants, read from the file itself.
#ifndef MRSN_DATASETS_PERSONS_ONNX_INPUT_H_
#define MRSN_DATASETS_PERSONS_ONNX_INPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "opencv2/core/types.hpp"

namespace mrsn::datasets {

// Height and width of the first input [batch, 3, height, width] of the graph in `bytes`, a ModelProto; 0 for
// a dimension that the file leaves open. Errors, which begin with `name`: the bytes are no ONNX model (empty,
// a web page, cut), no input of four dimensions.
absl::StatusOr<cv::Size> OnnxInputSize(absl::string_view bytes, const std::string& name);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PERSONS_ONNX_INPUT_H_
