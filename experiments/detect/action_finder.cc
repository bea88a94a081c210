#include "experiments/detect/action_finder.h"

#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/persons/person_detector.h"
#include "datasets/stream/stream_config.h"
#include "experiments/config/config.h"
#include "experiments/detect/clip_scorer.h"
#include "experiments/detect/detect_video.h"
#include "experiments/detect/detection_writer.h"
#include "experiments/detect/persons.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

absl::Status CheckOptions(const ActionFinderOptions& options) {
  const auto invalid = [](const auto&... parts) {
    return absl::InvalidArgumentError(absl::StrCat("ActionFinderOptions.", parts...));
  };
  if (options.experiment.empty()) return invalid("experiment is not set");
  if (options.checkpoint.empty()) return invalid("checkpoint is not set");
  if (!(options.person_score >= 0 && options.person_score <= 1)) {
    return invalid("person_score is ", options.person_score, "; allowed: 0 to 1");
  }
  if (!(options.every >= 0.001)) return invalid("every is ", options.every, "; allowed: 0.001 and more");
  if (options.threads < 1) return invalid("threads is ", options.threads, "; allowed: 1 and more");
  return absl::OkStatus();
}

class ScoringFinder : public ActionFinder {
 public:
  ScoringFinder(datasets::StreamConfig data, double every, std::unique_ptr<ClipScorer> scorer,
                std::unique_ptr<datasets::PersonDetector> detector)
      : data_(std::move(data)), every_(every), scorer_(std::move(scorer)), detector_(std::move(detector)) {}

  absl::StatusOr<std::vector<ActingKeyframe>> Find(const std::string& path) override {
    DetectVideoOptions options;
    options.name = std::filesystem::path(path).stem();
    options.path = path;
    options.clips = {data_.clip, data_.transform, data_.rate, every_};
    options.classes = data_.classes;
    const std::unique_ptr<PersonFinder> persons = FinderOf(*detector_);
    MRSN_ASSIGN_OR_RETURN(const DetectedVideo video,
                          DetectVideo(options, *persons, [this](datasets::Sample sample) {
                            return scorer_->Score(std::move(sample));
                          }));
    std::vector<ActingKeyframe> keyframes;
    for (const DetectedKeyframe& keyframe : video.keyframes) {
      keyframes.push_back({keyframe.seconds, {}});
      for (const ScoredPerson& person : keyframe.persons) {
        keyframes.back().persons.push_back({person.box, person.track, ActionsOf(person)});
      }
    }
    return keyframes;
  }

 private:
  std::vector<ScoredAction> ActionsOf(const ScoredPerson& person) const {
    std::vector<ScoredAction> actions;
    for (const int c : ByScore(person.scores, data_.classes)) {
      actions.push_back({data_.classes[c].name, person.scores[c]});
    }
    return actions;
  }

  const datasets::StreamConfig data_;
  const double every_;
  const std::unique_ptr<ClipScorer> scorer_;
  const std::unique_ptr<datasets::PersonDetector> detector_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ActionFinder>> ActionFinder::Make(const ActionFinderOptions& options) {
  MRSN_RETURN_IF_ERROR(CheckOptions(options));
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(DataFilesRoot() + "/experiments/configs", options.experiment));
  auto data = datasets::ReadStreamConfig(resolved.experiment.eval_data(), options.class_list);
  if (!data.ok()) return AtItsPlace(resolved, data.status(), "dataset", "eval_data");
  ClipScorerOptions scoring;
  scoring.checkpoint = options.checkpoint;
  scoring.classes = static_cast<int>(data->classes.size());
  scoring.device = options.device;
  scoring.threads = options.threads;
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<ClipScorer> scorer, ClipScorer::Make(resolved, scoring));
  if (scorer->needs().bank.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        resolved.name, ": its model reads a relation bank; //experiments:detect makes one for a video"));
  }
  datasets::PersonDetectorOptions persons;
  persons.min_score = options.person_score;
  std::unique_ptr<datasets::PersonDetector> detector;
  if (options.person_model.empty()) {
    detector = datasets::MakeHogPersonDetector(persons);
  } else {
    MRSN_ASSIGN_OR_RETURN(detector, datasets::MakeOnnxPersonDetector(options.person_model, persons));
  }
  return std::make_unique<ScoringFinder>(*std::move(data), options.every, std::move(scorer),
                                         std::move(detector));
}

}  // namespace mrsn::experiments
