#include "experiments/engine/inference.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using datasets::FrameSize;
using datasets::Sample;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Clip i shows (i + 1) / 8 everywhere, and one person.
class PlainClips : public datasets::Dataset {
 public:
  explicit PlainClips(std::vector<FrameSize> sizes) : sizes_(std::move(sizes)) {
    for (size_t i = 0; i < sizes_.size(); ++i) keyframes_.push_back({absl::StrCat("video", i), 902});
  }
  int64_t size() const override { return sizes_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<Sample> Load(int64_t index, uint64_t) const override {
    const auto [width, height] = sizes_[index];
    Sample sample;
    sample.keyframe = keyframes_[index];
    sample.slow.frames = 1;
    sample.slow.height = height;
    sample.slow.width = width;
    sample.slow.values.assign(size_t{3} * height * width, (index + 1) / 8.0f);
    datasets::Actor actor;
    actor.box = {0.25f, 0.5f, 0.75f, 1};
    sample.actors.push_back(actor);
    return sample;
  }
  const std::vector<datasets::ActionClass>& classes() const override { return classes_; }
  std::vector<datasets::AnnotatedBox> GroundTruth() const override { return {}; }
  FrameSize annotation_frame_size() const override { return {}; }
  std::string Fingerprint() const override { return ""; }

 private:
  const std::vector<FrameSize> sizes_;
  std::vector<Keyframe> keyframes_;
  const std::vector<datasets::ActionClass> classes_ = {{1, "stand", "pose"}};
};

// A person's score is the mean of all that is in the clip.
class MeanOfClip : public Detector {
 public:
  at::Tensor Loss(const DetectorInput&, const Truth&, ClassLoss) override { return at::zeros({}); }
  Detections Detect(const DetectorInput& input, ClassLoss) override {
    batches.push_back(input.slow.size(0));
    const at::Tensor means = input.slow.flatten(1).mean(1, /*keepdim=*/true);
    if (remembers) *input.memory = means.index_select(0, input.clip_index) * 8;
    return {input.boxes, input.clip_index, means.index_select(0, input.clip_index), {}};
  }
  std::vector<at::Tensor> Pass(const DetectorInput&) override { return {}; }
  void BackbonePass(const Clip&) override {}
  int64_t num_classes() const override { return 1; }
  bool keeps_memory() const override { return remembers; }
  void SetBatchNormFrozen(bool) override {}

  bool remembers = false;
  std::vector<int64_t> batches;
};

std::vector<std::string> Rows(const std::vector<FrameSize>& sizes, int batch_size, Detector& model) {
  InferenceOptions options;
  options.batch_size = batch_size;
  std::vector<std::string> rows;
  const absl::Status status =
      Infer(options, PlainClips(sizes), {}, model, [&](const Scored& scored) -> absl::Status {
        const auto boxes = scored.found.boxes.accessor<float, 2>();
        for (int64_t n = 0; n < boxes.size(0); ++n) {
          const int64_t clip = scored.found.clip_index[n].item<int64_t>();
          rows.push_back(absl::StrCat(scored.keyframes[clip].video, " ", boxes[n][0], " ", boxes[n][1], " ",
                                      boxes[n][2], " ", boxes[n][3], " ",
                                      scored.found.scores[n][0].item<float>()));
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

TEST(InferenceTest, ClipsOfOtherSizesInABatchChangeNothing) {
  const std::vector<FrameSize> sizes = {{16, 8}, {16, 8}, {8, 16}, {32, 16}, {32, 16}};
  for (int batch_size = 1; batch_size <= 6; ++batch_size) {
    MeanOfClip model;
    EXPECT_THAT(Rows(sizes, batch_size, model),
                ElementsAre("video0 0.25 0.5 0.75 1 0.125", "video1 0.25 0.5 0.75 1 0.25",
                            "video2 0.25 0.5 0.75 1 0.375", "video3 0.25 0.5 0.75 1 0.5",
                            "video4 0.25 0.5 0.75 1 0.625"))
        << "batch size " << batch_size;
  }
}

TEST(InferenceTest, BatchesAreFullWhereSizesAllow) {
  MeanOfClip model;
  Rows({{16, 8}, {16, 8}, {16, 8}, {8, 16}, {8, 16}}, 2, model);
  EXPECT_THAT(model.batches, ElementsAre(2, 1, 1, 1));
}

TEST(InferenceTest, TheMemoryOfAModelThatKeepsOneComesWithItsDetections) {
  MeanOfClip model;
  std::vector<float> memory;
  const auto collect = [&](const Scored& scored) {
    EXPECT_EQ(scored.memory.defined(), model.remembers);
    if (!scored.memory.defined()) return absl::OkStatus();
    for (int64_t n = 0; n < scored.memory.size(0); ++n) memory.push_back(scored.memory[n][0].item<float>());
    return absl::OkStatus();
  };
  const PlainClips clips({{8, 8}, {8, 8}, {16, 8}});
  ASSERT_TRUE(Infer({"", 2}, clips, {}, model, collect).ok());
  model.remembers = true;
  ASSERT_TRUE(Infer({"", 2}, clips, {}, model, collect).ok());
  EXPECT_THAT(memory, ElementsAre(1, 2, 3));
}

TEST(InferenceTest, AnErrorOfTheConsumerEndsTheRun) {
  MeanOfClip model;
  const absl::Status status = Infer({"", 1}, PlainClips({{8, 8}, {8, 8}}), {}, model,
                                    [](const Scored&) { return absl::DataLossError("disk full"); });
  EXPECT_THAT(std::string(status.message()), HasSubstr("disk full"));
  EXPECT_EQ(model.batches.size(), 1u);
}

}  // namespace
}  // namespace mrsn::experiments
