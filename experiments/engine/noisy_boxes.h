// Detected boxes that are placed worse than they are, for evaluations that ask what bad boxes cost.
#ifndef MRSN_EXPERIMENTS_ENGINE_NOISY_BOXES_H_
#define MRSN_EXPERIMENTS_ENGINE_NOISY_BOXES_H_

#include <algorithm>
#include <cstdint>

#include "datasets/dataset_view.h"
#include "ops/base/random.h"

namespace mrsn::experiments {

// The persons of `dataset`, which must outlive this object, with boxes whose edges are each moved by a normal
// number of standard deviation `pixels` of the clip's frames, and stay within the frame and 2 pixels apart. A
// box moves in the same way whenever it is read, and the model and the evaluator get the same box.
class NoisyBoxes : public datasets::DatasetView {
 public:
  NoisyBoxes(const datasets::Dataset& dataset, double pixels) : DatasetView(dataset), pixels_(pixels) {}

  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t augmentation_seed) const override {
    absl::StatusOr<datasets::Sample> sample = dataset().Load(index, augmentation_seed);
    if (!sample.ok()) return sample;
    for (size_t a = 0; a < sample->actors.size(); ++a) {
      datasets::Actor& actor = sample->actors[a];
      const int width = sample->slow.width, height = sample->slow.height;
      const uint64_t seed = HashSeed(index, a);
      actor.box = Moved(actor.box, width, height, seed);
      if (actor.reported) actor.reported = Moved(*actor.reported, width, height, seed);
    }
    return sample;
  }
  // Without frames a pixel has no size.
  absl::StatusOr<datasets::Sample> LoadPersons(int64_t, uint64_t) const override {
    return absl::UnimplementedError("noise of boxes in pixels needs the clip");
  }

 private:
  Box Moved(const Box& box, int width, int height, uint64_t seed) const {
    SplitMix64 random(seed);
    const auto move = [&](float low, float high, int size, float* moved_low, float* moved_high) {
      const double least = 2.0 / size;
      const double first = low + pixels_ / size * random.Normal(),
                   last = high + pixels_ / size * random.Normal();
      const double kept = std::clamp(first, 0.0, 1 - least);
      *moved_low = static_cast<float>(kept);
      *moved_high = static_cast<float>(std::clamp(last, kept + least, 1.0));
    };
    Box moved = box;
    move(box.x1, box.x2, width, &moved.x1, &moved.x2);
    move(box.y1, box.y2, height, &moved.y1, &moved.y2);
    return moved;
  }

  const double pixels_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_NOISY_BOXES_H_
