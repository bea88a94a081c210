// Parameters, multiply-adds and activation memory of an experiment's model.
//
// Counted from the operations that one forward pass executes, on the meta device: no
// weights, no data, no memory; what counts as a multiply-add is in
// eval/complexity/complexity.h.
#ifndef MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_H_
#define MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/counts/complexity_setting.h"
#include "experiments/experiment.pb.h"
#include "experiments/result.pb.h"
#include "mrsn/detector_input.h"
#include "mrsn/model_needs.h"

namespace mrsn {
class Detector;
}

namespace mrsn::experiments {

// One clip of that size on the meta device, with all that `model` reads. Where persons and entries
// are does not change the work, only how many there are.
DetectorInput MetaInput(const ComplexitySetting& setting, const Detector& model);

// The clip the experiment is evaluated on; its frames are taken to be square.
ComplexitySetting SettingOf(const Experiment& experiment);

// For the tables' columns: fills the result's parameters and multiply_adds.
absl::Status AddComplexity(const Experiment& experiment, const ComplexitySetting& setting, Result* result);

// "3 boxes"; for a detector that finds them itself, that.
std::string BoxesText(bool takes_boxes, int boxes);

struct Split {
  int64_t total = 0, backbone = 0, head = 0;
};

// Of a module with everything inside it.
struct ModuleComplexity {
  std::string module;  // "head.mrse0.acre"
  int64_t parameters = 0, macs = 0;
  // The part of `macs` that is done by no module inside it: all of a convolution, the products of
  // queries and keys of an attention. `macs` is the sum of this and the `macs` of the modules
  // directly inside. 0 in all for norms and embeddings.
  int64_t own_macs = 0;
};

// The MRSN head by its equations (mrsn/head/mrsn_head_counts.h), where more is computed.
struct PlainEquations {
  int64_t head_parameters = 0, head_macs = 0;
};

struct CurvePoint {
  int boxes = 0, bank_entries = 0;
  int64_t head_macs = 0;
  std::optional<int64_t> plain_head_macs;
};

// Bytes of the tensors that operations return, parts of operations included (those of
// attention in LibTorch's plain form, with its queries x keys weights); input, weights
// and what kernels use inside themselves do not count.
struct ActivationBytes {
  int64_t made = 0;  // all of one inference
  int64_t peak = 0;  // the most alive at once in an inference
  // Alive after the forward pass of a training step: what the backward pass needs. With
  // train.activation_checkpointing the most that is alive during it.
  int64_t training = 0;
};

struct ComplexityReport {
  std::string experiment;
  ComplexitySetting setting;
  int fast_frames = 0;  // 0: one pathway
  ModelNeeds needs;
  Split parameters, macs;
  std::vector<ModuleComplexity> modules;  // each before those inside it
  std::vector<std::string> uncounted;     // operations outside of `macs`
  std::optional<PlainEquations> plain;    // for an MRSN head
  // 1 to 20 boxes with the setting's bank; then, for long-term heads, the setting's boxes
  // with a window of 1, 3, 5 and 10 persons a second. None if the model takes no boxes.
  std::vector<CurvePoint> curve;
  ActivationBytes activations;
};

// `setting` as given, except that a head without a bank has 0 bank entries, and a detector that
// finds its own boxes 0 boxes.
absl::StatusOr<ComplexityReport> CountComplexity(const std::string& name, const Experiment& experiment,
                                                 const ComplexitySetting& setting);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_H_
