#include "datasets/proposals.h"

namespace mrsn::datasets {

std::vector<Actor> TrainingActors(const std::vector<Actor>& ground_truth, const std::vector<Actor>& proposals,
                                  float min_iou) {
  std::vector<Actor> actors = ground_truth;
  for (const Actor& proposal : proposals) {
    float best_iou = min_iou;
    const Actor* best = nullptr;
    for (const Actor& truth : ground_truth) {
      const float iou = IntersectionOverUnion(proposal.box, truth.box);
      if (iou > best_iou) {
        best_iou = iou;
        best = &truth;
      }
    }
    if (best != nullptr && !(best->box == proposal.box))
      actors.push_back({proposal.box, proposal.score, best->labels, best->person_id});
  }
  return actors;
}

std::vector<Actor> InferenceActors(const std::vector<Actor>& proposals, float min_score) {
  std::vector<Actor> actors;
  for (const Actor& proposal : proposals) {
    if (proposal.score > min_score) actors.push_back({proposal.box, proposal.score, {}});
  }
  return actors;
}

}  // namespace mrsn::datasets
