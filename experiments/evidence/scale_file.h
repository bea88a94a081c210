// The scale of an evaluation as //experiments:evidence_scale writes it with --json.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_SCALE_FILE_H_
#define MRSN_EXPERIMENTS_EVIDENCE_SCALE_FILE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// Percent, by kind of classes; "all" is the frame-mAP.
struct ScaleOfData {
  std::string data;  // Result.data_fingerprint of runs on the same data
  std::map<std::string, double> pose_only, oracle;
};

// InvalidArgument, naming the file and what it lacks.
absl::StatusOr<ScaleOfData> ReadScale(const std::string& path);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_SCALE_FILE_H_
