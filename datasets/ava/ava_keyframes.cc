#include "datasets/ava/ava_keyframes.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace mrsn::datasets {
namespace {

using IndexOfId = absl::flat_hash_map<int, int>;  // position in the list of classes by id

// The persons of one key frame with all their labels, in the order of the file.
std::vector<Actor> GroundTruthActors(absl::Span<const BoxRow> rows, const IndexOfId& index_of_id) {
  std::vector<Actor> actors;
  for (const BoxRow& row : rows) {
    size_t i = 0;
    while (i < actors.size() && !(actors[i].person_id == row.person_id && actors[i].box == row.box)) ++i;
    if (i == actors.size()) actors.push_back({row.box, 1, {}, row.person_id});
    actors[i].labels.push_back(index_of_id.at(row.class_id));
  }
  for (Actor& actor : actors) std::sort(actor.labels.begin(), actor.labels.end());
  return actors;
}

class Maker {
 public:
  // `annotated` are the videos that have annotations, in order.
  Maker(std::vector<std::string> annotated, const std::vector<ActionClass>& classes,
        const AvaKeyframeOptions& options, AvaKeyframes* made)
      : annotated_(std::move(annotated)), options_(options), made_(made) {
    for (size_t i = 0; i < classes.size(); ++i) index_of_id_[classes[i].id] = static_cast<int>(i);
  }

  absl::Status CheckClasses(const Keyframe& keyframe, absl::Span<const BoxRow> rows) const {
    for (const BoxRow& row : rows) {
      if (index_of_id_.contains(row.class_id)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "key frame ", keyframe.video, ",", keyframe.timestamp.Text(), ": action_id ", row.class_id,
          " is not in the label map", row.class_id == 0 ? ", whose ids are from 1" : ""));
    }
    return absl::OkStatus();
  }

  void Add(const Keyframe& keyframe, absl::Span<const BoxRow> annotated, absl::Span<const BoxRow> detected) {
    // Videos and key frames come in order.
    while (video_ < annotated_.size() && annotated_[video_] < keyframe.video) ++video_;
    if (video_ == annotated_.size() || annotated_[video_] != keyframe.video) {
      made_->strange_boxes += detected.size();
      return;
    }
    KeyframeRecord record;
    record.actors = ActorsOf(annotated, detected);
    if (annotated.empty() && (options_.usage == Usage::kTrain || record.actors.empty())) return;
    record.keyframe = keyframe;
    if (made_->videos.empty() || made_->videos.back() != keyframe.video) {
      made_->videos.push_back(keyframe.video);
    }
    record.video = static_cast<int>(made_->videos.size()) - 1;
    record.annotations.reserve(annotated.size());
    for (const BoxRow& row : annotated) {
      record.annotations.push_back({keyframe, row.box, row.class_id, row.person_id});
    }
    made_->records.push_back(std::move(record));
  }

 private:
  std::vector<Actor> ActorsOf(absl::Span<const BoxRow> annotated, absl::Span<const BoxRow> detected) {
    const std::vector<Actor> proposals = DetectedActors(detected);
    if (options_.usage == Usage::kTrain) {
      return TrainingActors(GroundTruthActors(annotated, index_of_id_), proposals,
                            options_.proposals.training_iou);
    }
    if (options_.has_boxes) {
      std::vector<Actor> actors = InferenceActors(proposals, options_.proposals.inference_score);
      made_->counts.Add(proposals, actors);
      return actors;
    }
    std::vector<Actor> actors;
    for (const Actor& actor : GroundTruthActors(annotated, index_of_id_)) {
      actors.push_back({actor.box, actor.score, {}});
    }
    return actors;
  }

  const std::vector<std::string> annotated_;
  const AvaKeyframeOptions& options_;
  AvaKeyframes* const made_;
  IndexOfId index_of_id_;
  size_t video_ = 0;  // place in annotated_
};

}  // namespace

absl::StatusOr<AvaKeyframes> MakeAvaKeyframes(const BoxTable& annotations, const BoxTable& boxes,
                                              const std::set<Keyframe>& excluded,
                                              const std::vector<ActionClass>& classes,
                                              const AvaKeyframeOptions& options) {
  AvaKeyframes made;
  made.records.reserve(annotations.keyframes().size());
  Maker maker(VideosOf(annotations), classes, options, &made);
  absl::Status status;
  VisitBoth(
      annotations, boxes,
      [&](const Keyframe& keyframe, absl::Span<const BoxRow> annotated, absl::Span<const BoxRow> detected) {
        const bool skipped = options.usage != Usage::kBank && excluded.count(keyframe) > 0;
        if (!status.ok() || skipped) return;
        status = maker.CheckClasses(keyframe, annotated);
        if (status.ok()) maker.Add(keyframe, annotated, detected);
      });
  if (!status.ok()) return status;
  return made;
}

void CentreClips(const std::vector<Clock>& clocks, std::vector<KeyframeRecord>* records) {
  for (KeyframeRecord& record : *records) {
    record.centre = clocks[record.video].FrameAt(record.keyframe.timestamp);
  }
}

}  // namespace mrsn::datasets
