// Runs ONNX files with ONNX Runtime (third_party/onnxruntime), in a Python process of its own.
#ifndef MRSN_MRSN_ONNX_TESTING_ONNX_RUNTIME_H_
#define MRSN_MRSN_ONNX_TESTING_ONNX_RUNTIME_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::onnx {

using TensorMap = std::map<std::string, at::Tensor>;  // float32 or int64

// The outputs for each of the inputs, by name. Errors hold ONNX Runtime's last lines.
absl::StatusOr<std::vector<TensorMap>> RunOnnx(const std::string& path, const std::vector<TensorMap>& inputs);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_TESTING_ONNX_RUNTIME_H_
