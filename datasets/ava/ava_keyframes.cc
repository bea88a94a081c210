#include "datasets/ava/ava_keyframes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "datasets/proposals.h"

namespace mrsn::datasets {
namespace {

// The persons of one key frame with all their labels, in the order of the file.
std::vector<Actor> GroundTruthActors(const std::vector<AnnotatedBox>& rows,
                                     const std::map<int, int>& index_of_id) {
  std::vector<Actor> actors;
  std::vector<int> persons;
  for (const AnnotatedBox& row : rows) {
    size_t i = 0;
    while (i < actors.size() && !(persons[i] == row.person_id && actors[i].box == row.box)) ++i;
    if (i == actors.size()) {
      actors.push_back({row.box, 1, {}, row.person_id});
      persons.push_back(row.person_id);
    }
    actors[i].labels.push_back(index_of_id.at(row.class_id));
  }
  for (Actor& actor : actors) std::sort(actor.labels.begin(), actor.labels.end());
  return actors;
}

}  // namespace

absl::StatusOr<std::vector<KeyframeRecord>> MakeAvaKeyframes(const std::vector<AnnotatedBox>& annotations,
                                                             const std::vector<DetectedBox>& boxes,
                                                             const std::vector<ActionClass>& classes,
                                                             const AvaKeyframeOptions& options,
                                                             std::vector<std::string>* video_names) {
  std::map<int, int> index_of_id;
  for (size_t i = 0; i < classes.size(); ++i) index_of_id[classes[i].id] = static_cast<int>(i);

  std::map<Keyframe, KeyframeRecord> records;
  std::set<std::string> videos;
  for (const AnnotatedBox& row : annotations) {
    if (index_of_id.count(row.class_id) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("key frame ", row.keyframe.video, ",",
                                                     row.keyframe.timestamp, ": action_id ", row.class_id,
                                                     " is not in the label map"));
    }
    records[row.keyframe].annotations.push_back(row);
    videos.insert(row.keyframe.video);
  }
  video_names->assign(videos.begin(), videos.end());

  std::map<Keyframe, std::vector<Actor>> proposals;
  for (const DetectedBox& detected : boxes)
    proposals[detected.keyframe].push_back({detected.box, detected.score, {}});

  std::vector<KeyframeRecord> result;
  for (auto& [keyframe, record] : records) {
    record.keyframe = keyframe;
    record.video = static_cast<int>(
        std::lower_bound(video_names->begin(), video_names->end(), keyframe.video) - video_names->begin());
    record.centre = std::llround((keyframe.timestamp - kFirstSecond) * options.frames_per_second);
    switch (options.usage) {
      case Usage::kTrain:
        record.actors = TrainingActors(GroundTruthActors(record.annotations, index_of_id),
                                       proposals[keyframe], options.training_iou);
        break;
      case Usage::kInference:
        if (options.has_boxes) {
          record.actors = InferenceActors(proposals[keyframe], options.inference_score);
          break;
        }
        for (const Actor& actor : GroundTruthActors(record.annotations, index_of_id))
          record.actors.push_back({actor.box, actor.score, {}});
        break;
    }
    result.push_back(std::move(record));
  }
  return result;
}

}  // namespace mrsn::datasets
