// How programs are told where models run.
#ifndef MRSN_EXPERIMENTS_PROGRAMS_DEVICE_FLAG_H_
#define MRSN_EXPERIMENTS_PROGRAMS_DEVICE_FLAG_H_

#include <string>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// The value of --device, if there is such a device: cpu, cuda or cuda:<number>. A wrong usage for a value
// that names none; FailedPrecondition for a CUDA device where there is none.
absl::StatusOr<std::string> DeviceFlag(const std::string& device);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PROGRAMS_DEVICE_FLAG_H_
