// One batch of clips and boxes through a detector: tensors in, tensors out, so that other
// programs can be compared with this one stage by stage.
//
// Shapes: B clips of T frames, N boxes over all clips, C backbone channels, g relation features,
// K classes.
#ifndef MRSN_EXPERIMENTS_PARITY_FORWARD_H_
#define MRSN_EXPERIMENTS_PARITY_FORWARD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mrsn {
class ActionDetector;
struct Safetensors;
}  // namespace mrsn

namespace mrsn::experiments {

// Input tensors: those of InputTensors() (mrsn/detector_input.h) that the model reads. Tensors of the
// bank and of objects may be left out, each group as a whole (no bank: empty windows).
// Output tensors, float32:
//   features         [B,C,h,w]            F, the feature map averaged over time
//   roi_features     [N,C,7,7]            A
//   G                [N,g]                relation features
//   logits           [N,K]                before the sigmoid
// and every other tap by its name. Without boxes all that comes after F is cut to no rows.
//
// InvalidArgument names the input's tensor, what was found and what is expected.
absl::StatusOr<Safetensors> Forward(ActionDetector& model, const Safetensors& input,
                                    const std::string& origin);

// A line for each input tensor, for users: name, type, shape, a few words.
std::string InputTensorsHelp();

struct ForwardOptions {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string experiment;    // whose model it is
  // A file with its weights, ours or another framework's (mrsn/checkpoint/load_checkpoint.h),
  // or "random:<seed>" for fresh ones.
  std::string checkpoint;
  std::string input, output;  // .safetensors
  // Taps that are written besides features, roi_features, G and logits; {"all"}: all.
  std::vector<std::string> taps;
  std::string device = "cpu";  // as DeviceNamed (ops/device/device_name.h) reads it
  std::string precision;       // "float32", "bfloat16" (autocast); empty: the experiment's
  int threads = 1;             // of one LibTorch operation
};

// Reads, runs and writes. The output's metadata says experiment, config_fingerprint,
// checkpoint, weights_hash, input_sha256, commit, device and threads.
absl::Status RunForward(const ForwardOptions& options);

struct TapShape {
  std::string name;
  std::vector<int64_t> shape;
};

// The taps of an experiment's model in order of computation, with their shapes for the
// clip it is evaluated on with 2 boxes and, for long-term heads, 63 bank entries.
absl::StatusOr<std::vector<TapShape>> ListTaps(const std::string& configs_root,
                                               const std::string& experiment);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PARITY_FORWARD_H_
