#include "experiments/engine/size_groups.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace mrsn::experiments {
namespace {

using datasets::Sample;

bool SameSize(const Sample& a, const Sample& b) {
  return a.slow.height == b.slow.height && a.slow.width == b.slow.width;
}

}  // namespace

std::vector<std::vector<Sample>> RunsOfOneSize(std::vector<Sample> samples) {
  std::vector<std::vector<Sample>> runs;
  for (Sample& sample : samples) {
    if (runs.empty() || !SameSize(runs.back().back(), sample)) runs.emplace_back();
    runs.back().push_back(std::move(sample));
  }
  return runs;
}

std::vector<std::vector<Sample>> GroupsOfOneSize(std::vector<Sample> samples) {
  std::vector<std::vector<Sample>> groups;
  for (Sample& sample : samples) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& other) { return SameSize(other.front(), sample); });
    if (group == groups.end()) group = groups.emplace(groups.end());
    group->push_back(std::move(sample));
  }
  return groups;
}

absl::Status CheckOneSize(const std::vector<Sample>& samples) {
  const auto other = std::find_if(samples.begin(), samples.end(),
                                  [&](const Sample& sample) { return !SameSize(samples.front(), sample); });
  if (other == samples.end()) return absl::OkStatus();
  const auto text = [](const Sample& sample) {
    return absl::StrFormat("%s second %s is %dx%d", sample.keyframe.video, sample.keyframe.timestamp.Text(),
                           sample.slow.width, sample.slow.height);
  };
  return absl::InvalidArgumentError(absl::StrFormat(
      "train.batch_norm is TRAINED, but clips of a batch have different sizes: %s, %s. Each size would be "
      "normalised with its own statistics, which inference does not know. Allowed: FROZEN or "
      "FROZEN_STATISTICS, videos of one size, or a transform.augmentation that crops",
      text(samples.front()), text(*other)));
}

}  // namespace mrsn::experiments
