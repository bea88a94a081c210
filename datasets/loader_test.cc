#include "datasets/loader.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Samples that say which index and seed they were loaded with.
class Numbers : public Dataset {
 public:
  explicit Numbers(int size, std::set<int64_t> broken = {}) : broken_(std::move(broken)) {
    for (int i = 0; i < size; ++i) keyframes_.push_back({absl::StrCat("video", i), 902 + i});
  }
  int64_t size() const override { return keyframes_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<Sample> Load(int64_t index, uint64_t seed) const override {
    if (broken_.count(index) > 0) return absl::DataLossError("clips/video.avi: breaks off");
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
  const std::set<int64_t> broken_;
};

// Each batch as text: the key frames and their augmentation seeds.
std::vector<std::string> Batches(const Dataset& dataset, const LoaderOptions& options, int count) {
  Loader loader(dataset, options);
  std::vector<std::string> batches;
  for (int i = 0; i < count; ++i) {
    auto samples = loader.Next();
    EXPECT_TRUE(samples.ok()) << samples.status();
    if (!samples.ok()) break;
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
  options.workers = 1;
  const auto one = Batches(dataset, options, 30);
  for (const int workers : {2, 4, 0}) {
    options.workers = workers;
    EXPECT_EQ(Batches(dataset, options, 30), one) << workers;
  }
}

// Sample j of a batch is sample j / W of rank j % W.
TEST(LoaderTest, RanksShareEachBatch) {
  const Numbers dataset(38);
  for (const bool drop_last : {true, false}) {
    LoaderOptions options = Options(8);
    options.drop_last = drop_last;
    const auto one = Batches(dataset, options, 12);
    for (const int world_size : {2, 4}) {
      options.world_size = world_size;
      std::vector<std::vector<std::vector<std::string>>> parts(world_size);
      for (options.rank = 0; options.rank < world_size; ++options.rank) {
        for (const std::string& part : Batches(dataset, options, 12)) {
          parts[options.rank].push_back(absl::StrSplit(part, ' ', absl::SkipEmpty()));
        }
      }
      for (int i = 0; i < 12; ++i) {
        std::string together;
        for (size_t j = 0; j / world_size < parts[j % world_size][i].size(); ++j) {
          absl::StrAppend(&together, parts[j % world_size][i][j / world_size], " ");
        }
        EXPECT_EQ(together, one[i]) << "batch " << i << ", " << world_size << " ranks";
      }
    }
    options.rank = 0;
    options.world_size = 1;
  }
}

TEST(LoaderTest, ALastBatchMayHaveNothingForARank) {
  const Numbers dataset(9);
  LoaderOptions options = Options(4);
  options.drop_last = false;
  options.world_size = 4;
  options.rank = 3;
  Loader loader(dataset, options);
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (const size_t expected : {1, 1, 0}) {
      const auto samples = loader.Next();
      ASSERT_TRUE(samples.ok()) << samples.status();
      EXPECT_EQ(samples->size(), expected);
    }
  }
}

TEST(LoaderTest, RanksThatDoNotFitAreAnError) {
  const Numbers dataset(12);
  LoaderOptions options = Options(5);
  options.world_size = 2;
  EXPECT_THAT(std::string(Loader(dataset, options).Next().status().message()),
              HasSubstr("rank 0 of 2 with batches of 5"));
  options.batch_size = 4;
  options.rank = 2;
  EXPECT_TRUE(absl::IsInvalidArgument(Loader(dataset, options).Next().status()));
}

// A skipped clip shifts nothing: its own batch has one sample less.
TEST(LoaderTest, SkippedClipsAreReportedAndShiftNothing) {
  const Numbers whole(400), torn(400, {17, 300});
  LoaderOptions options = Options(8);
  const auto expected = Batches(whole, options, 100);
  std::vector<std::string> reports;
  options.unreadable.policy = UnreadablePolicy::kSkipAndCount;
  options.on_skip = [&](const SkippedClip& clip) {
    reports.push_back(absl::StrCat(clip.keyframe.video, " ", clip.epoch, " ", clip.reason.message()));
  };
  const auto skipped = Batches(torn, options, 100);
  ASSERT_EQ(skipped.size(), 100);
  int64_t fewer = 0;
  for (int i = 0; i < 100; ++i) {
    std::string left;
    for (const absl::string_view sample : absl::StrSplit(expected[i], ' ', absl::SkipEmpty())) {
      if (absl::StartsWith(sample, "video17:") || absl::StartsWith(sample, "video300:")) {
        ++fewer;
      } else {
        absl::StrAppend(&left, sample, " ");
      }
    }
    EXPECT_EQ(skipped[i], left) << i;
  }
  EXPECT_EQ(fewer, 4) << "two an epoch";
  std::sort(reports.begin(), reports.end());
  EXPECT_THAT(
      reports,
      ElementsAre("video17 0 clips/video.avi: breaks off", "video17 1 clips/video.avi: breaks off",
                  "video300 0 clips/video.avi: breaks off", "video300 1 clips/video.avi: breaks off"));
}

TEST(LoaderTest, MoreThanOnePercentSkippedStops) {
  const Numbers dataset(200, {3, 50, 120});
  LoaderOptions options = Options(10);
  options.unreadable.policy = UnreadablePolicy::kSkipAndCount;
  Loader loader(dataset, options);
  absl::Status status;
  int64_t skips = 0;
  for (int i = 0; i < 20 && status.ok(); ++i) {
    const auto samples = loader.Next();
    status = samples.status();
    if (status.ok()) skips += 10 - samples->size();
  }
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("3 of 200 clips of an epoch cannot be read, more than 1 %"));
  EXPECT_GE(skips, 1);
  EXPECT_EQ(loader.skipped(), 3);
}

// Slow consumers must not fill the memory.
TEST(LoaderTest, FinishedSamplesStayWithinTheBound) {
  const Numbers dataset(1000);
  LoaderOptions options = Options(4);
  options.workers = 4;
  const size_t sample = SampleBytes(*dataset.Load(0, 0));
  ASSERT_EQ(sample, 8);
  options.ahead_bytes = 6 * sample;
  const auto bounded = Batches(dataset, options, 50);
  Loader loader(dataset, options);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(loader.Next().ok());
    // The batch in wait is read whatever its size, while the bound's worth of later samples is there.
    EXPECT_LE(loader.largest_ahead_bytes(), 10 * sample);
    if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  options.ahead_bytes = 0;
  EXPECT_EQ(Batches(dataset, options, 50), bounded);
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
  const Numbers dataset(4, /*broken=*/{2});
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
