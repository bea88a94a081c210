#include "experiments/evidence/tuned_setting.h"

#include <algorithm>

namespace mrsn::experiments {
namespace {

// The length at whose validation the rise begins, as a share of the whole.
constexpr double kFrom = 0.75;

std::optional<double> RiseOf(const Result& result) {
  if (result.validation().empty()) return std::nullopt;
  const ValidationScore& last = result.validation(result.validation_size() - 1);
  std::optional<double> from;
  for (const ValidationScore& score : result.validation()) {
    if (score.iteration() <= kFrom * static_cast<double>(last.iteration())) from = score.frame_map();
  }
  if (!from.has_value()) return std::nullopt;
  return 100 * (last.frame_map() - *from);
}

}  // namespace

std::optional<TunedSetting> TakeSetting(const std::vector<const Result*>& results, double equal) {
  std::optional<double> best;
  for (const Result* result : results) {
    if (result->has_frame_map()) best = std::max(best.value_or(0), result->frame_map());
  }
  if (!best.has_value()) return std::nullopt;
  const Result* taken = nullptr;
  for (const Result* result : results) {
    if (!result->has_frame_map() || 100 * (*best - result->frame_map()) > equal) continue;
    if (taken == nullptr || result->iterations() < taken->iterations() ||
        (result->iterations() == taken->iterations() && result->frame_map() > taken->frame_map())) {
      taken = result;
    }
  }
  TunedSetting setting;
  setting.experiment = taken->experiment();
  setting.frame_map = 100 * taken->frame_map();
  for (const ValidationScore& score : taken->validation()) setting.curve.push_back(100 * score.frame_map());
  setting.rise = RiseOf(*taken);
  return setting;
}

std::optional<bool> SignChanges(const TunedSetting& a, const TunedSetting& b) {
  if (a.curve.size() < 2 || b.curve.size() < 2) return std::nullopt;
  const auto difference = [&](int from_end) {
    return a.curve[a.curve.size() - from_end] - b.curve[b.curve.size() - from_end];
  };
  return (difference(1) > 0) != (difference(2) > 0);
}

}  // namespace mrsn::experiments
