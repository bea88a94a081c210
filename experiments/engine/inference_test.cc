#include "experiments/engine/inference.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/testing/fake_dataset.h"
#include "experiments/testing/fake_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using datasets::FrameSize;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Rows(const std::vector<FrameSize>& sizes, int batch_size, Detector& model,
                              ProcessGroup* group = &OneProcess()) {
  InferenceOptions options;
  options.group = group;
  options.batch_size = batch_size;
  std::vector<std::string> rows;
  const absl::Status status =
      Infer(options, FakeDataset(sizes), {}, model, [&](const Scored& scored) -> absl::Status {
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
    FakeDetector model;
    EXPECT_THAT(Rows(sizes, batch_size, model),
                ElementsAre("video0 0.25 0.5 0.75 1 0.125", "video1 0.25 0.5 0.75 1 0.25",
                            "video2 0.25 0.5 0.75 1 0.375", "video3 0.25 0.5 0.75 1 0.5",
                            "video4 0.25 0.5 0.75 1 0.625"))
        << "batch size " << batch_size;
  }
}

// Otherwise enlarged boxes, which are for the model only, would be compared with the ground truth.
TEST(InferenceTest, ResultsAreForTheBoxesToReport) {
  FakeDataset clips({{8, 8}});
  clips.reported = Box{0.375f, 0.5f, 0.625f, 1};
  FakeDetector model;
  at::Tensor boxes;
  const absl::Status status = Infer({"", 1}, clips, {}, model, [&](const Scored& scored) {
    boxes = scored.found.boxes;
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(at::equal(boxes, at::tensor({0.375f, 0.5f, 0.625f, 1.f}).view({1, 4})));
}

TEST(InferenceTest, BatchesAreFullWhereSizesAllow) {
  FakeDetector model;
  Rows({{16, 8}, {16, 8}, {16, 8}, {8, 16}, {8, 16}}, 2, model);
  EXPECT_THAT(model.batches, ElementsAre(2, 1, 1, 1));
}

TEST(InferenceTest, TheMemoryOfAModelThatKeepsOneComesWithItsDetections) {
  FakeDetector model;
  std::vector<float> memory;
  const auto collect = [&](const Scored& scored) {
    const at::Tensor& kept = scored.found.memory;
    EXPECT_EQ(kept.defined(), model.remembers);
    if (!kept.defined()) return absl::OkStatus();
    for (int64_t n = 0; n < kept.size(0); ++n) memory.push_back(kept[n][0].item<float>());
    return absl::OkStatus();
  };
  const FakeDataset clips({{8, 8}, {8, 8}, {16, 8}});
  ASSERT_TRUE(Infer({"", 2}, clips, {}, model, collect).ok());
  model.remembers = true;
  ASSERT_TRUE(Infer({"", 2}, clips, {}, model, collect).ok());
  EXPECT_THAT(memory, ElementsAre(1, 2, 3));
}

// Five batches of two sizes, one of a single clip: whoever computes them, rank 0 gets what one process gets.
TEST(InferenceTest, RanksGiveTheFirstWhatOneProcessGets) {
  const std::vector<FrameSize> sizes = {{16, 8}, {8, 8}, {8, 8}, {8, 8}, {8, 8},
                                        {16, 8}, {8, 8}, {8, 8}, {8, 8}};
  FakeDetector alone;
  const std::vector<std::string> expected = Rows(sizes, 2, alone);
  ASSERT_EQ(expected.size(), 9u);
  for (const int ranks : {2, 4, 7}) {
    std::vector<std::vector<std::string>> rows(ranks);
    std::vector<std::vector<int64_t>> batches(ranks);
    RunAsRanks(ranks, [&](ProcessGroup& group) {
      FakeDetector model;
      rows[group.rank()] = Rows(sizes, 2, model, &group);
      batches[group.rank()] = model.batches;
    });
    EXPECT_EQ(rows[0], expected) << ranks << " ranks";
    EXPECT_TRUE(rows[1].empty());
    EXPECT_THAT(batches[0], Not(ElementsAreArray(alone.batches))) << "rank 0 computed all batches itself";
    EXPECT_FALSE(batches[1].empty());
  }
}

TEST(InferenceTest, AnErrorOfTheConsumerEndsTheRun) {
  FakeDetector model;
  const absl::Status status = Infer({"", 1}, FakeDataset({{8, 8}, {8, 8}}), {}, model,
                                    [](const Scored&) { return absl::DataLossError("disk full"); });
  EXPECT_THAT(std::string(status.message()), HasSubstr("disk full"));
  EXPECT_EQ(model.batches.size(), 1u);
}

}  // namespace
}  // namespace mrsn::experiments
