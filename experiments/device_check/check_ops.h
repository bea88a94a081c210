// The operations of //ops on a device beside the CPU.
#ifndef MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_OPS_H_
#define MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_OPS_H_

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace mrsn::experiments {

struct CheckedOp {
  std::string name;  // "RoiAlign, gradient, bfloat16"
  // The largest difference from the CPU's values, as a share of the largest value; NaN counts as infinite.
  double difference = 0;
  double tolerance = 0;
  std::string error;  // the exception instead of values; "": none
  bool ok() const { return error.empty() && difference <= tolerance; }
};

// Random inputs of small sizes, forward and backward, without TF32.
std::vector<CheckedOp> CheckOps(c10::Device device);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DEVICE_CHECK_CHECK_OPS_H_
