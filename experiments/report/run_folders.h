// The folders that runs leave behind (experiments/run/run_settings.h).
#ifndef MRSN_EXPERIMENTS_REPORT_RUN_FOLDERS_H_
#define MRSN_EXPERIMENTS_REPORT_RUN_FOLDERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

// The folder <runs_root>/<experiment>/seed<k>-<identity> whose weights.safetensors are those of the result
// (Result.weights_hash); "" if there is none. Errors name a file of weights that cannot be read.
absl::StatusOr<std::string> RunFolderOf(const std::string& runs_root, const Result& result);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_RUN_FOLDERS_H_
