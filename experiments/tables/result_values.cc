#include "experiments/tables/result_values.h"

namespace mrsn::experiments {
namespace {

constexpr double kPercent = 100;

}  // namespace

std::optional<double> FrameMapOf(const Result& result) {
  if (!result.has_frame_map()) return std::nullopt;
  return kPercent * result.frame_map();
}

std::optional<double> ClassApOf(const Result& result, int class_id) {
  for (const ClassScore& score : result.per_class()) {
    if (score.id() == class_id && score.has_ap()) return kPercent * score.ap();
  }
  return std::nullopt;
}

std::optional<double> KindMeanOf(const Result& result, const std::string& kind) {
  for (const KindScore& score : result.by_kind()) {
    if (score.kind() == kind && score.has_mean_ap()) return kPercent * score.mean_ap();
  }
  return std::nullopt;
}

}  // namespace mrsn::experiments
