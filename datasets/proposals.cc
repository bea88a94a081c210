#include "datasets/proposals.h"

#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

// Below this number of boxes a look at each of them is the fastest search.
constexpr size_t kFewBoxes = 32;

}  // namespace

std::vector<Actor> DetectedActors(absl::Span<const BoxRow> rows) {
  std::vector<Actor> actors;
  actors.reserve(rows.size());
  absl::flat_hash_map<std::array<float, 4>, size_t> places;  // of many boxes only
  for (const BoxRow& row : rows) {
    size_t place = 0;
    if (rows.size() <= kFewBoxes) {
      while (place < actors.size() && !(actors[place].box == row.box)) ++place;
    } else {
      const Box& b = row.box;
      place = places.try_emplace({b.x1, b.y1, b.x2, b.y2}, actors.size()).first->second;
    }
    if (place == actors.size()) {
      actors.push_back({row.box, row.score, {}});
    } else {
      actors[place].score = std::max(actors[place].score, row.score);
    }
  }
  return actors;
}

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

void ProposalCounts::Add(const std::vector<Actor>& proposals, const std::vector<Actor>& taken) {
  boxes += proposals.size();
  kept += taken.size();
  for (const Actor& proposal : proposals) highest = std::max(highest, proposal.score);
}

absl::Status ProposalCounts::Check(const std::string& file, float min_score) const {
  if (kept > 0) return absl::OkStatus();
  if (boxes == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, ": has no box at any key frame of the data set, so nobody can be scored"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(file, ": 0 of ", boxes, " boxes have a score above dataset.proposals.inference_score, ",
                   min_score, "; the highest score is ", highest, ", so nobody can be scored"));
}

std::string ProposalCounts::Note(const std::string& file, float min_score) const {
  return absl::StrCat(kept, " of ", boxes, " boxes of ", file, " have a score above ",
                      "proposals.inference_score, ", min_score);
}

}  // namespace mrsn::datasets
