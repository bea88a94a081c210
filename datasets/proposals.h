// Chooses the boxes of a key frame that become actors (paper, Sec. 4.2; mrsn/PAPER.md).
#ifndef MRSN_DATASETS_PROPOSALS_H_
#define MRSN_DATASETS_PROPOSALS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "datasets/box_table.h"
#include "datasets/dataset.h"

namespace mrsn::datasets {

// Which detected boxes are taken.
struct ProposalOptions {
  float training_iou = 0.75;     // training: the overlap with ground truth that a box must exceed
  float inference_score = 0.85;  // inference: the score that a box must exceed
};

// The persons of one key frame's rows of a box list: rows with the same four coordinates are one person, with
// the highest of their scores, at the place of the first. Published lists have a row for each pair of box and
// label.
std::vector<Actor> DetectedActors(absl::Span<const BoxRow> rows);

// The ground truth, and every proposal whose IoU with its best ground-truth box
// exceeds `min_iou`; it takes the labels and the person of that box (of the first, if
// several overlap it alike) and keeps its own box and score. One that equals that box adds nothing and
// is left out. Ground truth first, in order.
std::vector<Actor> TrainingActors(const std::vector<Actor>& ground_truth, const std::vector<Actor>& proposals,
                                  float min_iou);

// The proposals whose score exceeds `min_score`, without labels, in order.
std::vector<Actor> InferenceActors(const std::vector<Actor>& proposals, float min_score);

// How many detected persons the score threshold keeps.
struct ProposalCounts {
  int64_t boxes = 0;  // persons of the box list, at key frames of the data set
  int64_t kept = 0;
  float highest = 0;  // score

  void Add(const std::vector<Actor>& proposals, const std::vector<Actor>& taken);
  // FailedPrecondition if nothing is kept: with such boxes nothing can be scored. `file` is the box list.
  absl::Status Check(const std::string& file, float min_score) const;
  // "700 of 1000 boxes of val_boxes.csv have a score above proposals.inference_score, 0.85"
  std::string Note(const std::string& file, float min_score) const;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PROPOSALS_H_
