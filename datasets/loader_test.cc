#include "datasets/loader.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

// Samples that say which index and seed they were loaded with.
class Numbers : public Dataset {
 public:
  explicit Numbers(int size, int broken = -1) : broken_(broken) {
    for (int i = 0; i < size; ++i) keyframes_.push_back({absl::StrCat("video", i), 902 + i});
  }
  int64_t size() const override { return keyframes_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<Sample> Load(int64_t index, uint64_t seed) const override {
    if (index == broken_) return absl::DataLossError("clips/video.avi: breaks off");
    Sample sample;
    sample.keyframe = keyframes_[index];
    for (int byte = 0; byte < 8; ++byte) sample.slow.values.push_back(seed >> (8 * byte) & 255);
    return sample;
  }
  const std::vector<ActionClass>& classes() const override { return classes_; }
  std::vector<AnnotatedBox> GroundTruth() const override { return {}; }
  FrameSize annotation_frame_size() const override { return {}; }
  std::string Fingerprint() const override { return ""; }

 private:
  std::vector<Keyframe> keyframes_;
  std::vector<ActionClass> classes_;
  const int broken_;
};

// Each batch as text: the key frames and their augmentation seeds.
std::vector<std::string> Batches(const Dataset& dataset, const LoaderOptions& options, int count) {
  Loader loader(dataset, options);
  std::vector<std::string> batches;
  for (int i = 0; i < count; ++i) {
    auto samples = loader.Next();
    EXPECT_TRUE(samples.ok()) << samples.status();
    std::string text;
    for (const Sample& sample : *samples)
      absl::StrAppend(&text, sample.keyframe.video, ":", absl::StrJoin(sample.slow.values, "."), " ");
    batches.push_back(text);
  }
  return batches;
}

LoaderOptions Options(int batch_size) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.seed = 7;
  return options;
}

TEST(LoaderTest, AnEpochGivesEverySampleOnce) {
  const Numbers dataset(12);
  Loader loader(dataset, Options(4));
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  std::vector<std::vector<std::string>> epochs(2);
  for (auto& epoch : epochs) {
    for (int i = 0; i < 3; ++i) {
      const auto samples = loader.Next();
      ASSERT_TRUE(samples.ok());
      EXPECT_EQ(samples->size(), 4);
      for (const Sample& sample : *samples) epoch.push_back(sample.keyframe.video);
    }
    EXPECT_EQ(std::set<std::string>(epoch.begin(), epoch.end()).size(), 12);
  }
  EXPECT_NE(epochs[0], epochs[1]);
}

TEST(LoaderTest, TheNumberOfWorkersChangesNothing) {
  const Numbers dataset(37);
  LoaderOptions options = Options(5);
  const auto one = Batches(dataset, options, 30);
  options.workers = 3;
  EXPECT_EQ(Batches(dataset, options, 30), one);
}

TEST(LoaderTest, ResumesInTheMiddleOfAnEpoch) {
  const Numbers dataset(37);
  LoaderOptions options = Options(5);
  const auto whole = Batches(dataset, options, 30);
  for (int done : {3, 7, 20}) {
    options.first_batch = done;
    EXPECT_EQ(Batches(dataset, options, 30 - done),
              std::vector<std::string>(whole.begin() + done, whole.end()))
        << done;
  }
}

TEST(LoaderTest, AugmentationDiffersBetweenEpochsAndSeeds) {
  const Numbers dataset(4);
  LoaderOptions options = Options(4);
  options.shuffle = false;
  const auto batches = Batches(dataset, options, 2);
  EXPECT_NE(batches[0], batches[1]);
  options.seed = 8;
  EXPECT_NE(Batches(dataset, options, 1)[0], batches[0]);
}

TEST(LoaderTest, InOrderWithTheLastSmallBatchThenOutOfRange) {
  const Numbers dataset(7);
  LoaderOptions options = Options(3);
  options.shuffle = false;
  options.drop_last = false;
  options.epochs = 1;
  Loader loader(dataset, options);
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  std::vector<std::string> videos;
  for (int i = 0; i < 3; ++i) {
    const auto samples = loader.Next();
    ASSERT_TRUE(samples.ok());
    for (const Sample& sample : *samples) videos.push_back(sample.keyframe.video);
  }
  ASSERT_EQ(videos.size(), 7);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(videos[i], absl::StrCat("video", i));
  EXPECT_TRUE(absl::IsOutOfRange(loader.Next().status()));
}

TEST(LoaderTest, ErrorsNameVideoAndKeyFrame) {
  const Numbers dataset(4, /*broken=*/2);
  Loader loader(dataset, Options(4));
  const absl::Status status = loader.Next().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("video2,904: clips/video.avi: breaks off"));
}

TEST(LoaderTest, AnEpochWithoutABatchIsAnError) {
  const Numbers dataset(3);
  Loader loader(dataset, Options(4));
  EXPECT_EQ(loader.batches_per_epoch(), 0);
  EXPECT_THAT(std::string(loader.Next().status().message()), HasSubstr("3 key frames, batches of 4"));
}

TEST(LoaderTest, CanBeDestroyedAtAnyTime) {
  const Numbers dataset(1000);
  LoaderOptions options = Options(10);
  options.workers = 2;
  for (int i = 0; i < 50; ++i) Loader(dataset, options);
}

}  // namespace
}  // namespace mrsn::datasets
