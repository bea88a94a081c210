// The hash that names a data set in results.
#ifndef MRSN_DATASETS_DATASET_FINGERPRINT_H_
#define MRSN_DATASETS_DATASET_FINGERPRINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::datasets {

// SHA-256 over `settings`, the contents of `files`, and every video's file name and
// size (not its frames: full data sets are hundreds of gigabytes). Folders do not
// count. A missing file is an error naming it.
absl::StatusOr<std::string> FingerprintFiles(const std::string& settings,
                                             const std::vector<std::string>& files,
                                             const std::vector<std::string>& videos);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_DATASET_FINGERPRINT_H_
