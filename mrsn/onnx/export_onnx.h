// A detector that scores given boxes as a file of the ONNX format.
//
//   inputs    slow [clips,3,T,height,width], fast or flow beside it, boxes [boxes,4], clip_index [boxes],
//             and for long-term heads bank_features [entries,g], bank_clip_index and bank_offset [entries];
//             names and values are those of InputTensors() (mrsn/detector_input.h)
//   outputs   logits [boxes,K] before, scores [boxes,K] after the sigmoid or softmax
//
// Sizes with names are free, and boxes and entries may be 0. The weights are inside. Numbers are float32 and
// int64, whatever precision the detector computes in. Operators are those of opset 17.
//
// LibTorch exports only from Python, so that the graph is written here from the same options that the modules
// are made of, module by module, with the modules' weights. Tests run the file with ONNX Runtime and compare
// its logits with the modules'.
#ifndef MRSN_MRSN_ONNX_EXPORT_ONNX_H_
#define MRSN_MRSN_ONNX_EXPORT_ONNX_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/model_needs.h"
#include "mrsn/onnx/onnx_model.pb.h"
#include "mrsn/onnx/weights.h"

namespace mrsn {

class ModelConfig;  // mrsn/model_config.pb.h

namespace onnx {

struct ExportOptions {
  std::string name;    // of the graph
  int64_t frames = 8;  // T of the slow pathway
  ClassLoss loss = ClassLoss::kBce;
  std::vector<std::pair<std::string, std::string>> metadata;  // the file's metadata_props
};

// Unimplemented, naming the head and those that can be written, unless ExportOnnx writes such a model.
// ReadModel's errors (mrsn/model_options.h).
absl::Status CheckHead(const ModelConfig& config);

// `weights`: every floating parameter and buffer of the detector, by its name. CheckHead's error, and
// Internal if graph and weights do not belong together.
absl::StatusOr<ModelProto> ExportOnnx(const ModelConfig& config, Weights weights,
                                      const ExportOptions& options);

// The bytes of the file. ResourceExhausted beyond 2 GiB, the most that the format's messages hold.
absl::StatusOr<std::string> Serialize(const ModelProto& model);

// "boxes  float32 [boxes,4]", for users.
std::string Describe(const ValueInfoProto& info);

}  // namespace onnx
}  // namespace mrsn

#endif  // MRSN_MRSN_ONNX_EXPORT_ONNX_H_
