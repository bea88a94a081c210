// A data set without files that gives a model all that it reads.
#ifndef MRSN_EXPERIMENTS_TESTING_CLIPS_FOR_MODEL_H_
#define MRSN_EXPERIMENTS_TESTING_CLIPS_FOR_MODEL_H_

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "mrsn/detector_input.h"
#include "mrsn/model_needs.h"

namespace mrsn::experiments {

// Two clips of random pixels, seconds 10 and 11 of one video, with one person and two. Boxes are of several
// sizes, so that ACT's anchors of every level find a person.
class ClipsForModel : public datasets::Dataset {
 public:
  // Square frames of `side` pixels. `frames` slow ones; 0: as few as the model takes.
  ClipsForModel(const ModelNeeds& needs, int side, int frames = 0)
      : needs_(needs), side_(side), frames_(frames) {
    for (int64_t k = 0; k < needs.classes; ++k) {
      classes_.push_back({static_cast<int>(k + 1), absl::StrCat("class ", k), "any"});
    }
  }

  int frames() const {
    if (frames_ > 0) return frames_;
    return static_cast<int>(needs_.frames.value_or(std::max<int64_t>(2, needs_.frames_multiple)));
  }
  int64_t size() const override { return static_cast<int64_t>(keyframes_.size()); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  const std::vector<datasets::ActionClass>& classes() const override { return classes_; }
  std::vector<datasets::AnnotatedBox> GroundTruth() const override { return {}; }
  datasets::FrameSize annotation_frame_size() const override { return {}; }
  std::string Fingerprint() const override { return "clips for a model"; }

  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t) const override {
    std::mt19937 random(static_cast<unsigned>(index));
    datasets::Sample sample;
    sample.keyframe = keyframes_[index];
    InputSize size;
    size.frames = frames();
    size.height = size.width = side_;
    DetectorInput shapes = MakeInput(size, needs_, at::kMeta);
    Fill(shapes, random, &sample, std::make_index_sequence<std::tuple_size_v<decltype(sample.Stacks())>>());
    const std::vector<Box> boxes = {{0.1f, 0.1f, 0.6f, 0.9f}, {0, 0, 1, 1}, {0.4f, 0.3f, 0.9f, 0.8f}};
    for (int64_t person = index == 0 ? 0 : 1; person < (index == 0 ? 1 : 3); ++person) {
      datasets::Actor actor;
      actor.box = boxes[person];
      actor.labels = {static_cast<int>(person % needs_.classes)};
      if (needs_.tubelets) actor.tubelet.assign(frames(), actor.box);
      sample.actors.push_back(actor);
    }
    if (needs_.objects) {
      sample.has_objects = true;
      sample.objects = {{0.2f, 0.3f, 0.5f, 0.6f}};
    }
    return sample;
  }

 private:
  template <size_t... k>
  static void Fill(DetectorInput& shapes, std::mt19937& random, datasets::Sample* sample,
                   std::index_sequence<k...>) {
    (FillStack(std::get<k>(shapes.Stacks()), random, &std::get<k>(sample->Stacks())), ...);
  }

  // `like` [1,channels,frames,height,width], or undefined where the model reads no such frames. Pixels are
  // whole numbers of a byte; other values lie in [-1,1).
  template <typename Value, int channels>
  static void FillStack(const at::Tensor& like, std::mt19937& random,
                        datasets::PlaneStack<Value, channels>* stack) {
    if (!like.defined()) return;
    stack->frames = static_cast<int>(like.size(2));
    stack->height = static_cast<int>(like.size(3));
    stack->width = static_cast<int>(like.size(4));
    stack->values.resize(like.numel());
    for (Value& value : stack->values) {
      value = static_cast<Value>(random() % 256);
      if (std::is_floating_point_v<Value>) value = value / 128 - 1;
    }
  }

  const ModelNeeds needs_;
  const int side_, frames_;
  const std::vector<Keyframe> keyframes_ = {{"video", 10}, {"video", 11}};
  std::vector<datasets::ActionClass> classes_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_CLIPS_FOR_MODEL_H_
