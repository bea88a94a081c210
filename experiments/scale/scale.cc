#include "experiments/scale/scale.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::experiments {
namespace {

using datasets::AnnotatedBox;
using datasets::Dataset;

// An annotated person of a key frame; `labels` are ids.
struct Person {
  Box box;
  int id = 0;
  std::set<int> labels;
};
using People = std::map<Keyframe, std::vector<Person>>;

People PeopleOf(const Dataset& dataset) {
  People people;
  for (const AnnotatedBox& row : dataset.GroundTruth()) {
    std::vector<Person>& of_keyframe = people[row.keyframe];
    Person* person = nullptr;
    for (Person& known : of_keyframe) {
      if (known.id == row.person_id && known.box == row.box) person = &known;
    }
    if (person == nullptr) person = &of_keyframe.emplace_back(Person{row.box, row.person_id, {}});
    person->labels.insert(row.class_id);
  }
  return people;
}

// How often each class is true, of all people and of those in each pose (0: in none).
class Frequencies {
 public:
  Frequencies(const People& people, const std::set<int>& poses) : poses_(poses) {
    for (const auto& [keyframe, persons] : people) {
      for (const Person& person : persons) {
        for (const int pose : {kAnybody, PoseOf(person)}) {
          ++people_[pose];
          for (const int label : person.labels) ++true_[{pose, label}];
        }
      }
    }
  }

  double Of(int label) const { return Share(kAnybody, label); }
  // Of somebody in the pose of `person`.
  double GivenPose(const Person& person, int label) const { return Share(PoseOf(person), label); }

 private:
  static constexpr int kAnybody = -1;

  int PoseOf(const Person& person) const {
    for (const int label : person.labels) {
      if (poses_.count(label) > 0) return label;
    }
    return 0;
  }
  double Share(int pose, int label) const {
    const auto all = people_.find(pose);
    const auto found = true_.find({pose, label});
    return all == people_.end() || found == true_.end() ? 0 : found->second / all->second;
  }

  const std::set<int>& poses_;
  std::map<int, double> people_;
  std::map<std::pair<int, int>, double> true_;
};

const Person* Shown(const Box& box, const std::vector<Person>& people, double iou_threshold) {
  const Person* best = nullptr;
  double most = 0;
  for (const Person& person : people) {
    const double overlap = IntersectionOverUnion(box, person.box);
    if (overlap < iou_threshold || overlap <= most) continue;
    most = overlap;
    best = &person;
  }
  return best;
}

formats::BoxD Corners(const Box& box) { return {box.x1, box.y1, box.x2, box.y2}; }

absl::Status CheckClasses(const Dataset& training, const Dataset& evaluated, const std::set<int>& poses) {
  if (evaluated.annotation_unit() != datasets::BoxUnit::kFrame) {
    return absl::InvalidArgumentError("the scale is for data whose annotations are normalised to the frame");
  }
  if (poses.empty()) {
    return absl::InvalidArgumentError("the data have no class of kind \"pose\", which the scale begins from");
  }
  const auto ids = [](const Dataset& dataset) {
    std::vector<int> found;
    for (const datasets::ActionClass& action : dataset.classes()) found.push_back(action.id);
    return found;
  };
  if (ids(training) != ids(evaluated)) {
    return absl::InvalidArgumentError(
        absl::StrCat("training and evaluation have other classes: ", training.classes().size(), " and ",
                     evaluated.classes().size()));
  }
  return absl::OkStatus();
}

// The evaluators of the four rows, with the ground truth.
class Rows {
 public:
  static absl::StatusOr<Rows> Create(const Dataset& evaluated, const ScaleOptions& options) {
    Rows rows;
    eval::FrameMapOptions evaluation;
    evaluation.protocol = options.protocol;
    evaluation.iou_threshold = options.iou_threshold;
    for (const datasets::ActionClass& action : evaluated.classes()) {
      if (action.evaluated) evaluation.classes.push_back({action.id, action.name, action.kind});
    }
    for (const char* name : {"chance", "pose only", "oracle", "ground truth"}) {
      MRSN_ASSIGN_OR_RETURN(eval::FrameMapEvaluator evaluator, eval::FrameMapEvaluator::Create(evaluation));
      for (const AnnotatedBox& row : evaluated.GroundTruth()) {
        MRSN_RETURN_IF_ERROR(
            evaluator.AddGroundTruth(row.keyframe, Corners(row.box), row.class_id, row.person_id));
      }
      rows.rows_.emplace_back(name, std::move(evaluator));
    }
    return rows;
  }

  eval::FrameMapEvaluator& chance() { return rows_[0].second; }
  eval::FrameMapEvaluator& pose() { return rows_[1].second; }
  eval::FrameMapEvaluator& oracle() { return rows_[2].second; }
  eval::FrameMapEvaluator& ground_truth() { return rows_[3].second; }

  std::vector<ScaleRow> Compute() const {
    std::vector<ScaleRow> measured;
    for (const auto& [name, evaluator] : rows_) measured.push_back({name, evaluator.Compute()});
    return measured;
  }

 private:
  std::vector<std::pair<std::string, eval::FrameMapEvaluator>> rows_;
};

// One box of the detector, on which `person` may be seen.
absl::Status AddBox(const Dataset& evaluated, const Keyframe& keyframe, const Box& box, const Person* person,
                    const Frequencies& frequencies, Rows* rows) {
  for (const datasets::ActionClass& action : evaluated.classes()) {
    if (!action.evaluated) continue;
    const double chance = frequencies.Of(action.id);
    const double pose = person != nullptr ? frequencies.GivenPose(*person, action.id) : chance;
    MRSN_RETURN_IF_ERROR(rows->chance().AddDetection(keyframe, Corners(box), action.id, chance));
    MRSN_RETURN_IF_ERROR(rows->pose().AddDetection(keyframe, Corners(box), action.id, pose));
    if (person == nullptr || person->labels.count(action.id) == 0) continue;
    MRSN_RETURN_IF_ERROR(rows->oracle().AddDetection(keyframe, Corners(box), action.id, 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ScaleRow>> MeasureScale(const Dataset& training, const Dataset& evaluated,
                                                   const ScaleOptions& options) {
  std::set<int> poses;
  for (const datasets::ActionClass& action : evaluated.classes()) {
    if (action.kind == "pose") poses.insert(action.id);
  }
  MRSN_RETURN_IF_ERROR(CheckClasses(training, evaluated, poses));
  const Frequencies frequencies(PeopleOf(training), poses);
  const People people = PeopleOf(evaluated);
  MRSN_ASSIGN_OR_RETURN(Rows rows, Rows::Create(evaluated, options));
  for (int64_t i = 0; i < evaluated.size(); ++i) {
    const Keyframe& keyframe = evaluated.keyframe(i);
    const auto found = people.find(keyframe);
    const std::vector<Person> nobody;
    const std::vector<Person>& persons = found == people.end() ? nobody : found->second;
    MRSN_ASSIGN_OR_RETURN(const datasets::Sample sample, evaluated.LoadPersons(i, 0));
    for (const datasets::Actor& actor : sample.actors) {
      const Person* person = Shown(actor.box, persons, options.iou_threshold);
      MRSN_RETURN_IF_ERROR(AddBox(evaluated, keyframe, actor.box, person, frequencies, &rows));
    }
    for (const Person& person : persons) {
      for (const int label : person.labels) {
        MRSN_RETURN_IF_ERROR(rows.ground_truth().AddDetection(keyframe, Corners(person.box), label, 1));
      }
    }
  }
  return rows.Compute();
}

}  // namespace mrsn::experiments
