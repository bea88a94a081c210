// Draws the second generated world.
#ifndef MRSN_DATASETS_MICRO_WORLD_2_RENDERER_H_
#define MRSN_DATASETS_MICRO_WORLD_2_RENDERER_H_

#include <vector>

#include "datasets/generated/drawing.h"
#include "datasets/micro_world_2/world.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets::micro2 {

// Video frame `frame` in RGB, 96x96: background, objects, people, noise. Depends on the world only.
class Renderer {
 public:
  explicit Renderer(const World& world);
  cv::Mat Draw(int frame) const;  // CV_8UC3

 private:
  const World& world_;
  cv::Mat background_;
  std::vector<generated::Colour> clothes_, hair_;  // by person
};

}  // namespace mrsn::datasets::micro2

#endif  // MRSN_DATASETS_MICRO_WORLD_2_RENDERER_H_
