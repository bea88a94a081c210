#include "experiments/programs/device_flag.h"

#include "absl/strings/str_cat.h"
#include "ops/base/program.h"
#include "ops/device/device_name.h"

namespace mrsn::experiments {

absl::StatusOr<std::string> DeviceFlag(const std::string& device) {
  const absl::Status status = DeviceNamed(device).status();
  if (status.ok()) return device;
  const std::string message = absl::StrCat("--device: ", status.message());
  if (status.code() == absl::StatusCode::kInvalidArgument) return WrongUsage(message);
  return absl::Status(status.code(), message);
}

}  // namespace mrsn::experiments
