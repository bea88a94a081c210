// Draws the micro world.
#ifndef MRSN_DATASETS_MICRO_WORLD_RENDERER_H_
#define MRSN_DATASETS_MICRO_WORLD_RENDERER_H_

#include <vector>

#include "datasets/micro_world/world.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets::micro {

// Video frame `frame` in RGB, 64x64: background, objects, people from back to front,
// noise. Depends on the world only.
class Renderer {
 public:
  explicit Renderer(const World& world);
  cv::Mat Draw(int frame) const;  // CV_8UC3

 private:
  const World& world_;
  cv::Mat background_;
  std::vector<cv::Vec3b> clothes_, hair_;  // by person
};

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_RENDERER_H_
