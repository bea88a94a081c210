// Devices as users name them.
#ifndef MRSN_OPS_DEVICE_DEVICE_NAME_H_
#define MRSN_OPS_DEVICE_DEVICE_NAME_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/statusor.h"

namespace mrsn {

// "cpu", "cuda" (the first CUDA device) or "cuda:<n>", n from 0. InvalidArgument for another name and for an
// n that is not there, FailedPrecondition where there is no CUDA device.
absl::StatusOr<c10::Device> DeviceNamed(const std::string& name);

}  // namespace mrsn

#endif  // MRSN_OPS_DEVICE_DEVICE_NAME_H_
