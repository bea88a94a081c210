#include "experiments/engine/size_groups.h"

#include <algorithm>
#include <utility>

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

}  // namespace mrsn::experiments
