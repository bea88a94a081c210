// Writes an experiment's model with given weights as an ONNX file (mrsn/onnx/export_onnx.h).
#ifndef MRSN_EXPERIMENTS_ONNX_EXPORT_MODEL_H_
#define MRSN_EXPERIMENTS_ONNX_EXPORT_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/config/config.h"

namespace mrsn::experiments {

struct ExportModelOptions {
  // A file with the model's weights, ours or another framework's (mrsn/checkpoint/load_checkpoint.h), or
  // "random:<seed>" for fresh ones.
  std::string checkpoint;
  std::string class_list;  // as datasets/stream/stream_config.h takes it
  std::string output;      // the file to write
};

struct ExportedModel {
  std::vector<std::string> inputs, outputs;  // "boxes float32 [boxes,4]"
  int64_t bytes = 0, nodes = 0;
  bool bfloat16 = false;  // the experiment computes in bfloat16; the file does not
};

// The file's metadata are texts:
//   experiment, config_fingerprint, weights_hash, checkpoint, commit   where the model comes from
//   classes   JSON [{"id":1,"name":"bend/bow (at the waist)","evaluated":true},..], in the order of the
//   outputs clip      JSON: slow and fast frames and how they are chosen, frames a second, shorter side
//   pixels    JSON: a pixel v of 0..255 becomes (v / divisor - mean) / std; mean and std of R, G, B; the
//   order
//             of the channels
//   scores    "sigmoid" or "softmax"
// Unimplemented for heads that cannot be exported. InvalidArgument for weights that do not fill the model,
// and for a class list of another length than the model's.
absl::StatusOr<ExportedModel> ExportModel(const ResolvedExperiment& resolved,
                                          const ExportModelOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ONNX_EXPORT_MODEL_H_
