#include "experiments/features/stored_features.h"

#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <atomic>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/open_dataset.h"
#include "experiments/engine/batch_loss.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr char kData[] =
    "micro_world { train_videos: 2 val_videos: 1 keyframes_per_video: 8 } proposals { inference_score: 0.5 }";

DatasetConfig Data(const std::string& text = kData) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

std::unique_ptr<datasets::Dataset> Open(datasets::Usage usage, const DatasetConfig& config = Data()) {
  auto dataset = datasets::OpenDataset(config, usage, "", {::testing::TempDir() + "stored_features_data"});
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

std::shared_ptr<ActionDetector> Model() {
  at::manual_seed(3);
  std::string text = Micro();
  text.replace(text.find("num_classes: 5"), 14, "num_classes: 15");
  auto model = Build(text);
  model->SetBatchNormFrozen(true);
  return model;
}

std::string NewPath(const std::string& name) {
  const std::string path = ::testing::TempDir() + "stored_features_test." + name;
  std::filesystem::remove_all(path);
  std::filesystem::remove_all(path + ".unfinished");
  return path;
}

// Counts the clips that are loaded; clip number `broken` cannot be.
class Counted : public datasets::DatasetView {
 public:
  explicit Counted(const datasets::Dataset& dataset) : DatasetView(dataset) {}
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t seed) const override {
    ++loaded;
    if (index == broken) return absl::DataLossError("a broken clip");
    return dataset().Load(index, seed);
  }
  mutable std::atomic<int> loaded{0};
  int64_t broken = -1;
};

StoreFeaturesOptions Options(const datasets::Dataset& dataset, Detector& model) {
  StoreFeaturesOptions options;
  options.title = "store";
  options.batch_size = 4;
  options.identity = FeaturesIdentity(dataset, Data(), model);
  return options;
}

double LossOf(const datasets::Dataset& dataset, uint64_t seed, Detector& model) {
  std::vector<datasets::Sample> samples;
  for (int64_t i = 0; i < 8; ++i) {
    auto sample = dataset.Load(i, seed + i);
    EXPECT_TRUE(sample.ok()) << sample.status();
    samples.push_back(*std::move(sample));
  }
  model.train();
  model.zero_grad();
  at::manual_seed(5);  // the same dropout
  auto loss = LossOfBatch(std::move(samples), 15, {}, nullptr, ClassLoss::kBce, model);
  EXPECT_TRUE(loss.ok()) << loss.status();
  loss->loss.backward();
  return loss->loss.item<double>();
}

std::vector<at::Tensor> HeadGradients(ActionDetector& model) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : model.head().parameters()) gradients.push_back(parameter.grad().clone());
  return gradients;
}

TEST(StoredFeaturesTest, LossAndGradientsAreThoseOfTheFrozenBackboneOnTheClips) {
  const auto dataset = Open(datasets::Usage::kTrain);
  const auto model = Model();
  const std::string path = NewPath("loss");
  const StoreFeaturesOptions options = Options(*dataset, *model);
  ASSERT_TRUE(StoreFeatures(options, path, *dataset, *model).ok());
  const auto stored = StoredFeatures::Open(path, options.identity, *dataset);
  ASSERT_TRUE(stored.ok()) << stored.status();
  int mirrored = 0, clips = 0;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{100}, uint64_t{200}}) {
    for (int64_t i = 0; i < 8; ++i, ++clips) mirrored += dataset->Load(i, seed + i)->mirrored;
    const double with_backbone = LossOf(*dataset, seed, *model);
    const std::vector<at::Tensor> expected = HeadGradients(*model);
    const double with_maps = LossOf(**stored, seed, *model);
    const std::vector<at::Tensor> found = HeadGradients(*model);
    // A map's values have 11 bits.
    EXPECT_NEAR(with_maps, with_backbone, 1e-3 * with_backbone);
    for (size_t i = 0; i < expected.size(); ++i) {
      const double scale = expected[i].abs().max().item<double>();
      EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(), 2e-2 * scale + 1e-6) << i;
    }
    for (const at::Tensor& parameter : model->backbone().parameters()) {
      EXPECT_FALSE(parameter.grad().defined() && parameter.grad().abs().max().item<double>() > 0);
    }
  }
  EXPECT_GT(mirrored, 0);
  EXPECT_LT(mirrored, clips);
}

TEST(StoredFeaturesTest, ClipsAreAsTheyWereButForTheirFrames) {
  for (const datasets::Usage usage : {datasets::Usage::kTrain, datasets::Usage::kInference}) {
    const auto dataset = Open(usage);
    const auto model = Model();
    const std::string path = NewPath("clips");
    const StoreFeaturesOptions options = Options(*dataset, *model);
    ASSERT_TRUE(StoreFeatures(options, path, *dataset, *model).ok());
    const auto stored = StoredFeatures::Open(path, options.identity, *dataset);
    ASSERT_TRUE(stored.ok()) << stored.status();
    ASSERT_EQ((*stored)->size(), dataset->size());
    for (int64_t i = 0; i < dataset->size(); ++i) {
      const auto clip = dataset->Load(i, i), map = (*stored)->Load(i, i);
      ASSERT_TRUE(map.ok()) << map.status();
      EXPECT_EQ(map->mirrored, clip->mirrored);
      EXPECT_EQ(map->slow.width, clip->slow.width);
      EXPECT_EQ(map->slow.height, clip->slow.height);
      EXPECT_TRUE(map->slow.values.empty());
      EXPECT_EQ(map->features.channels, 8);
      EXPECT_EQ(map->features.height, 16);  // 64 pixels, stride 4
      ASSERT_EQ(map->actors.size(), clip->actors.size());
      for (size_t n = 0; n < clip->actors.size(); ++n) {
        EXPECT_TRUE(map->actors[n].box == clip->actors[n].box);
        EXPECT_EQ(map->actors[n].labels, clip->actors[n].labels);
      }
    }
  }
}

TEST(StoredFeaturesTest, AnInterruptedWritingGoesOn) {
  const auto dataset = Open(datasets::Usage::kInference);
  const auto model = Model();
  const std::string path = NewPath("resume"), whole = NewPath("whole");
  Counted counted(*dataset);
  const StoreFeaturesOptions options = Options(*dataset, *model);
  ASSERT_TRUE(StoreFeatures(options, whole, *dataset, *model).ok());
  counted.broken = 6;
  EXPECT_THAT(std::string(StoreFeatures(options, path, counted, *model).message()),
              HasSubstr("a broken clip"));
  EXPECT_FALSE(FileExists(path));
  counted.broken = -1;
  counted.loaded = 0;
  ASSERT_TRUE(StoreFeatures(options, path, counted, *model).ok());
  // The first batch, of four clips, was kept; one clip says how large maps are.
  EXPECT_EQ(counted.loaded, dataset->size() - 4 + 1);
  EXPECT_EQ(*ReadFile(path + "/data.sha256"), *ReadFile(whole + "/data.sha256"));
}

TEST(StoredFeaturesTest, MapsOfAnotherBackboneOrOtherClipsAreRefused) {
  const auto dataset = Open(datasets::Usage::kInference);
  const auto model = Model();
  const std::string path = NewPath("identity");
  const StoreFeaturesOptions options = Options(*dataset, *model);
  ASSERT_TRUE(StoreFeatures(options, path, *dataset, *model).ok());
  const auto refused = [&](const BankIdentity& identity) {
    return absl::IsFailedPrecondition(StoredFeatures::Open(path, identity, *dataset).status());
  };
  const auto other = Model();
  at::NoGradGuard no_grad;
  other->backbone().parameters()[0].add_(1);
  EXPECT_TRUE(refused(FeaturesIdentity(*dataset, Data(), *other)));
  EXPECT_TRUE(refused(FeaturesIdentity(*dataset, Data(absl::StrCat(kData, " clip { stride: 1 }")), *model)));
  // Another head, or another probability of a flip, does not matter.
  const auto head = Model();
  head->head().parameters()[0].add_(1);
  EXPECT_FALSE(refused(
      FeaturesIdentity(*dataset, Data(absl::StrCat(kData, " transform { flip_probability: 0 }")), *head)));
  EXPECT_TRUE(absl::IsAlreadyExists(StoreFeatures(options, path, *dataset, *model)));
}

}  // namespace
}  // namespace mrsn::experiments
