// Tubes: one person's boxes over consecutive frames of a video.
#ifndef MRSN_EVAL_TUBES_TUBE_H_
#define MRSN_EVAL_TUBES_TUBE_H_

#include <cstdint>
#include <vector>

#include "ops/formats/annotation_box.h"

namespace mrsn::eval {

struct Tube {
  int64_t first_frame = 1;
  std::vector<formats::BoxD> boxes;  // of first_frame, first_frame + 1, ...; pixels
  double score = 1;

  int64_t last_frame() const { return first_frame + static_cast<int64_t>(boxes.size()) - 1; }
};

// Intersection over union of two boxes that cover x1..x2 and y1..y2 inclusive: width x2 - x1 + 1. Negative
// extents of the intersection count as 0.
double PixelOverlap(const formats::BoxD& a, const formats::BoxD& b);

// Spatio-temporal IoU as ACT's evaluation has it: the mean PixelOverlap over the frames in common, times the
// number of frames in common over the number of frames from the first to the last of both. In [0,1]; 0
// without a frame in common.
double TubeOverlap(const Tube& a, const Tube& b);

// Appends what lies between the last of `boxes` and `next`, which comes `steps` frames later: steps - 1 boxes
// on the straight line.
void FillGap(int64_t steps, const formats::BoxD& next, std::vector<formats::BoxD>* boxes);

// Keeps tubes in the order of descending score (equal scores in their order) and leaves out those whose
// TubeOverlap with a kept one exceeds `threshold`.
std::vector<Tube> SuppressTubes(std::vector<Tube> tubes, double threshold);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_TUBES_TUBE_H_
