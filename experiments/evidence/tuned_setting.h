// Which point of the tuning grid a head takes, and whether it has converged.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_TUNED_SETTING_H_
#define MRSN_EXPERIMENTS_EVIDENCE_TUNED_SETTING_H_

#include <optional>
#include <string>
#include <vector>

#include "experiments/result.pb.h"

namespace mrsn::experiments {

struct TunedSetting {
  std::string experiment;     // the point's name
  double frame_map = 0;       // on validation rooms, percent
  std::vector<double> curve;  // frame-mAP during training, percent
  // From 3/4 of the length to the end, in points. None without a validation by then.
  std::optional<double> rise;
};

// Of the results with a frame-mAP: the highest; of those within `equal` points of it the shortest, and of
// equally short ones the highest. None without results.
std::optional<TunedSetting> TakeSetting(const std::vector<const Result*>& results, double equal);

// Whether the two curves lie the other way round at their last point than at the point before. None if one of
// them has fewer than two points.
std::optional<bool> SignChanges(const TunedSetting& a, const TunedSetting& b);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_TUNED_SETTING_H_
