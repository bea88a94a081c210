#include "mrsn/baselines/anchors/ssd_anchors.h"

#include <cmath>

namespace mrsn::baselines {

std::vector<AnchorLevel> SsdLevels(int input_size, const std::vector<int>& map_sides) {
  const int count = static_cast<int>(map_sides.size()), difference = 70 / (count - 2);
  const auto size = [&](int level) { return level == 0 ? 0.1 : (20 + (level - 1) * difference) / 100.0; };
  std::vector<AnchorLevel> levels;
  for (int l = 0; l < count; ++l) {
    AnchorLevel& level = levels.emplace_back();
    level.side = map_sides[l];
    level.step = l < 4 ? static_cast<double>(8 << l) / input_size : 1.0 / map_sides[l];
    level.size = size(l);
    level.next_size = size(l + 1);
    level.aspect_ratios = {2};
    if (l > 0 && l < 4) level.aspect_ratios.push_back(3);
  }
  return levels;
}

std::vector<Box> Anchors(const std::vector<AnchorLevel>& levels) {
  std::vector<Box> anchors;
  for (const AnchorLevel& level : levels) {
    for (int row = 0; row < level.side; ++row) {
      for (int column = 0; column < level.side; ++column) {
        const double x = (column + 0.5) * level.step, y = (row + 0.5) * level.step;
        const auto add = [&](double width, double height) {
          anchors.push_back({static_cast<float>(x - width / 2), static_cast<float>(y - height / 2),
                             static_cast<float>(x + width / 2), static_cast<float>(y + height / 2)});
        };
        add(level.size, level.size);
        add(std::sqrt(level.size * level.next_size), std::sqrt(level.size * level.next_size));
        for (const double ratio : level.aspect_ratios) {
          add(level.size * std::sqrt(ratio), level.size / std::sqrt(ratio));
          add(level.size / std::sqrt(ratio), level.size * std::sqrt(ratio));
        }
      }
    }
  }
  return anchors;
}

}  // namespace mrsn::baselines
