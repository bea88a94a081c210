// No leak: in the second generated world a person's RoI feature shows the person and nothing else, so that
// only a relation can tell what an object or another person is doing. This holds for any weights of the
// backbone: it follows from the size of the part of the frame that the feature sees, and from the empty
// pixels around people.
#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <string>

#include "datasets/collate.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/engine/detector_input.h"
#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/taps.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

constexpr int kEmptyPixels = 10;  // around a person's box; datasets/micro_world_2/world.h

class LeakTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto resolved = LoadExperiment(DataFilesRoot() + "/experiments/configs", "evidence/none");
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    at::manual_seed(1);
    const auto model = BuildModel(resolved->experiment.model(), at::kCPU);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
    model_->eval();
    DatasetConfig data = resolved->experiment.train_data();
    data.mutable_micro_world_2()->set_train_videos(2);
    data.mutable_micro_world_2()->set_val_videos(1);
    data.mutable_micro_world_2()->set_test_videos(1);
    data.mutable_micro_world_2()->set_keyframes_per_video(8);
    data.mutable_proposals()->set_training_iou(1);  // the annotated boxes
    auto dataset =
        datasets::OpenDataset(data, datasets::Usage::kTrain, "", {::testing::TempDir() + "leak_test"});
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    dataset_ = *std::move(dataset);
  }

  DetectorInput Clip(int64_t index) {
    auto sample = dataset_->Load(index, /*augmentation_seed=*/index);
    EXPECT_TRUE(sample.ok()) << sample.status();
    return ModelBatchOf(datasets::Collate({*std::move(sample)}, 18), {}, *model_).input;
  }

  // A [N,C,7,7].
  at::Tensor RoiFeaturesOf(const DetectorInput& input) {
    at::NoGradGuard no_grad;
    Taps taps;
    model_->Forward(input, &taps);
    for (const auto& [name, tensor] : taps) {
      if (name == "A") return tensor;
    }
    ADD_FAILURE() << "no tap A";
    return {};
  }

  // The largest change of a person's feature, as a share of its largest value, when all is noise that is
  // `margin` pixels or more from the person's box.
  double Change(const DetectorInput& clip, int64_t person, int margin) {
    const int64_t size = clip.slow.size(3);
    const auto edge = [&](int corner) {
      return static_cast<int64_t>(clip.boxes[person][corner].item<float>() * size + 0.5f);
    };
    const int64_t left = std::max<int64_t>(0, edge(0) - margin), top = std::max<int64_t>(0, edge(1) - margin);
    const int64_t right = std::min(size, edge(2) + margin), bottom = std::min(size, edge(3) + margin);
    const auto inside = [&](const at::Tensor& frames) {
      return frames.slice(3, top, bottom).slice(4, left, right);
    };
    DetectorInput noisy = clip;
    noisy.slow = at::randn_like(clip.slow);
    inside(noisy.slow).copy_(inside(clip.slow));
    const at::Tensor plain = RoiFeaturesOf(clip)[person], changed = RoiFeaturesOf(noisy)[person];
    return ((changed - plain).abs().max() / plain.abs().max()).item<double>();
  }

  std::shared_ptr<ActionDetector> model_;
  std::unique_ptr<datasets::Dataset> dataset_;
};

TEST_F(LeakTest, NothingBeyondTheEmptyPixelsReachesAPersonsFeature) {
  int persons = 0;
  for (int64_t i = 0; i < dataset_->size(); ++i) {
    const DetectorInput clip = Clip(i);
    for (int64_t n = 0; n < clip.boxes.size(0); ++n, ++persons) {
      EXPECT_LT(Change(clip, n, kEmptyPixels), 1e-5) << "clip " << i << " person " << n;
    }
  }
  EXPECT_GT(persons, 40);
}

// The measurement would see a leak: pixels nearer than those do reach the feature.
TEST_F(LeakTest, PixelsBesideTheBoxDoReachIt) {
  const DetectorInput clip = Clip(0);
  EXPECT_GT(Change(clip, 0, 4), 1e-2);
}

}  // namespace
}  // namespace mrsn::experiments
