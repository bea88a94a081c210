// Chooses the boxes of a key frame that become actors (paper, Sec. 4.2; mrsn/PAPER.md).
#ifndef MRSN_DATASETS_PROPOSALS_H_
#define MRSN_DATASETS_PROPOSALS_H_

#include <vector>

#include "datasets/dataset.h"

namespace mrsn::datasets {

// The ground truth, and every proposal whose IoU with its best ground-truth box
// exceeds `min_iou`; it takes the labels and the person of that box (of the first, if
// several overlap it alike) and keeps its own box and score. One that equals that box adds nothing and
// is left out. Ground truth first, in order.
std::vector<Actor> TrainingActors(const std::vector<Actor>& ground_truth, const std::vector<Actor>& proposals,
                                  float min_iou);

// The proposals whose score exceeds `min_score`, without labels, in order.
std::vector<Actor> InferenceActors(const std::vector<Actor>& proposals, float min_score);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PROPOSALS_H_
