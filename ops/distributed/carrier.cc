#include "ops/distributed/carrier.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<Carrier> CarrierFor(c10::DeviceType device, bool has_nccl) {
  if (device != c10::kCUDA) return Carrier::kGloo;
  if (has_nccl) return Carrier::kNccl;
  return absl::FailedPreconditionError(
      "several processes on CUDA devices need NCCL, and this program was built without: build with "
      "--config=cuda "
      "where CUDA's headers include nccl.h");
}

absl::StatusOr<std::string> DeviceOfProcess(const std::string& device, int local_rank, int size,
                                            bool has_nccl) {
  if (size == 1 || !absl::StartsWith(device, "cuda")) return device;
  if (device != "cuda") {
    return absl::InvalidArgumentError(
        absl::StrCat("device ", device, " for ", size,
                     " processes; allowed: cuda, each process then takes a device "
                     "of its own"));
  }
  MRSN_RETURN_IF_ERROR(CarrierFor(c10::kCUDA, has_nccl).status());
  return absl::StrCat("cuda:", local_rank);
}

}  // namespace mrsn
