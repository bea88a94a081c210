// Reads the list of contrasts (contrasts.proto).
#ifndef MRSN_EXPERIMENTS_EVIDENCE_CONTRASTS_H_
#define MRSN_EXPERIMENTS_EVIDENCE_CONTRASTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/evidence/contrasts.pb.h"

namespace mrsn::experiments {

// In Contrast.on: the frame-mAP, not the mean over a kind of classes.
inline constexpr char kAllClasses[] = "all";

// The file, checked, with defaults filled in. Errors name file, line and field.
absl::StatusOr<Contrasts> ReadContrasts(const std::string& path);

// `results` with "{world}" replaced.
std::string InWorld(const std::string& results, const std::string& world);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_CONTRASTS_H_
