#include "ops/device/device_name.h"

#include <ATen/Context.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace mrsn {

absl::StatusOr<c10::Device> DeviceNamed(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  absl::string_view rest = name;
  int index = 0;
  const bool cuda = absl::ConsumePrefix(&rest, "cuda");
  // SimpleAtoi alone would take "+1" and " 1", too.
  const bool numbered = absl::ConsumePrefix(&rest, ":") && !rest.empty() && rest.size() <= 3 &&
                        rest.find_first_not_of("0123456789") == absl::string_view::npos &&
                        absl::SimpleAtoi(rest, &index);
  if (!cuda || !(name == "cuda" || numbered)) {
    return absl::InvalidArgumentError(absl::StrCat("device '", name, "'; allowed: cpu, cuda, cuda:<number>"));
  }
  const int devices = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (devices == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "device ", name, ": there is no CUDA device, or this program was built without --config=cuda"));
  }
  if (index >= devices) {
    return absl::InvalidArgumentError(absl::StrCat("device ", name, ": there are ", devices,
                                                   " CUDA devices; allowed: cuda:0 to cuda:", devices - 1));
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace mrsn
