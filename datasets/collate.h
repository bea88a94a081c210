// Samples to tensors: the last step before the model.
#ifndef MRSN_DATASETS_COLLATE_H_
#define MRSN_DATASETS_COLLATE_H_

#include <vector>

#include "ATen/ATen.h"
#include "datasets/dataset.h"
#include "ops/base/keyframe.h"

namespace mrsn::datasets {

// B clips with N actors in all. Float32 and int64 on the CPU, contiguous.
struct ClipBatch {
  at::Tensor slow;                  // [B, 3, T, H, W]
  at::Tensor fast;                  // [B, 3, alpha * T, H, W]; undefined with one pathway
  at::Tensor boxes;                 // [N, 4] x1 y1 x2 y2, normalised to H x W
  at::Tensor clip_index;            // [N] int64, ascending: which clip of the batch an actor belongs to
  at::Tensor labels;                // [N, K] 0 or 1
  at::Tensor flow;                  // [B, 2, T, H, W] as Sample::flow; undefined unless the samples have it
  at::Tensor tubelets;              // [N, T, 4] as boxes, one a slow frame; undefined unless actors have them
  at::Tensor object_boxes;          // [O, 4] as boxes; undefined unless the samples have objects
  at::Tensor object_clip_index;     // [O] int64, ascending
  std::vector<Keyframe> keyframes;  // B
  std::vector<float> scores;        // N, the detector's
};

// Pads clips of different size with zeros at the right and the bottom to the largest height and width and
// rescales boxes to the padded frame. `num_classes` is K. N may be 0. Needs at least one sample, the same
// number of frames in all samples, and tubelets for all actors or for none.
ClipBatch Collate(const std::vector<Sample>& samples, int num_classes);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_COLLATE_H_
