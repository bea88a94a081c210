// A data set without files: clips of one plain colour.
#ifndef MRSN_EXPERIMENTS_TESTING_FAKE_DATASET_H_
#define MRSN_EXPERIMENTS_TESTING_FAKE_DATASET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"

namespace mrsn::experiments {

// Clip i is second 902 of "video<i>", has one frame, shows the pixel i + 1 everywhere, which a model reads as
// (i + 1) / 8, and one person in kPersonBox. The public members may be changed before the data set is used.
class FakeDataset : public datasets::Dataset {
 public:
  static constexpr Box kPersonBox = {0.25f, 0.5f, 0.75f, 1};

  // One clip for each size of frame.
  explicit FakeDataset(std::vector<datasets::FrameSize> sizes) : sizes_(std::move(sizes)) {
    for (size_t i = 0; i < sizes_.size(); ++i) keyframes.push_back({absl::StrCat("video", i), 902});
  }

  int64_t size() const override { return sizes_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes[index]; }
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t) const override {
    if (index < broken_clips) return absl::DataLossError("cut off");
    const auto [width, height] = sizes_[index];
    datasets::Sample sample;
    sample.keyframe = keyframes[index];
    sample.slow.frames = 1;
    sample.slow.height = height;
    sample.slow.width = width;
    sample.slow.values.assign(size_t{3} * height * width, static_cast<uint8_t>(index + 1));
    sample.scaling.divisor = 1;
    sample.scaling.mean = {0, 0, 0};
    sample.scaling.std = {8, 8, 8};
    if (index != empty_clip) {
      datasets::Actor actor;
      actor.box = kPersonBox;
      actor.reported = reported;
      sample.actors.push_back(actor);
    }
    return sample;
  }
  const std::vector<datasets::ActionClass>& classes() const override { return action_classes; }
  std::vector<datasets::AnnotatedBox> GroundTruth() const override { return ground_truth; }
  datasets::FrameSize annotation_frame_size() const override { return annotation_size; }
  std::string Fingerprint() const override { return "fake"; }

  std::vector<Keyframe> keyframes;  // of the clips
  std::vector<datasets::ActionClass> action_classes = {{1, "stand", "pose"}};
  std::vector<datasets::AnnotatedBox> ground_truth;
  datasets::FrameSize annotation_size;  // {0,0}: annotations are normalised
  std::optional<Box> reported;          // Actor::reported of every person
  int64_t broken_clips = 0;             // the first ones, which cannot be read
  int64_t empty_clip = -1;              // the clip without a person; -1 = none

 private:
  const std::vector<datasets::FrameSize> sizes_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TESTING_FAKE_DATASET_H_
