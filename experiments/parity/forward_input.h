// A detector's input from named tensors, every one of them checked.
#ifndef MRSN_EXPERIMENTS_PARITY_FORWARD_INPUT_H_
#define MRSN_EXPERIMENTS_PARITY_FORWARD_INPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/action_detector.h"
#include "mrsn/checkpoint/safetensors.h"
#include "mrsn/detector_input.h"

namespace mrsn::experiments {

// Names, shapes and errors as in forward.h; `origin` names the input in errors.
absl::StatusOr<DetectorInput> ReadDetectorInput(const Safetensors& input, const std::string& origin,
                                                ActionDetector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PARITY_FORWARD_INPUT_H_
