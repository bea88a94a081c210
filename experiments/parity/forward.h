// One batch of clips and boxes through a detector: tensors in, tensors out, so that other
// programs can be compared with this one stage by stage.
//
// Shapes: B clips of T frames, N boxes over all clips, M bank entries over all clips,
// C backbone channels, g relation features, K classes.
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

// Input tensors:
//   slow             float32 [B,3,T,H,W]  normalised RGB
//   fast             float32 [B,3,alpha T,H,W]  only for backbones with two pathways
//   flow             float32 [B,2,T,H,W]  only for backbones that read it: x and y, 1 = 20 pixels
//   boxes            float32 [N,4]        x1,y1,x2,y2 in [0,1] of the frame
//   clip_index       int64   [N]          the clip of each box, ascending
//   bank_features    float32 [M,g]        only for long-term heads, all three or none of them
//   bank_clip_index  int64   [M]          (none: empty windows)
//   bank_offset      int64   [M]          seconds, entry minus clip, within the head's window
//   object_boxes     float32 [O,4]        only for heads that read objects, both or none
//   object_clip_index int64  [O]
// Output tensors, float32:
//   features         [B,C,h,w]            F, the feature map averaged over time
//   roi_features     [N,C,7,7]            A
//   G                [N,g]                relation features
//   logits           [N,K]                before the sigmoid
// and every other tap by its name (DetectorOutput::taps). Without boxes all that comes
// after F is cut to no rows.
//
// InvalidArgument names the input's tensor, what was found and what is expected.
absl::StatusOr<Safetensors> Forward(ActionDetector& model, const Safetensors& input,
                                    const std::string& origin);

struct ForwardOptions {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string experiment;    // whose model it is
  // A file with its weights, ours or another framework's (mrsn/checkpoint/load_checkpoint.h),
  // or "random:<seed>" for fresh ones.
  std::string checkpoint;
  std::string input, output;  // .safetensors
  // Taps that are written besides features, roi_features, G and logits; {"all"}: all.
  std::vector<std::string> taps;
  std::string device = "cpu";  // or "cuda"
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
