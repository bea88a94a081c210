#include "experiments/engine/memory_pool.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KeyframesOnly : public datasets::Dataset {
 public:
  explicit KeyframesOnly(std::vector<Keyframe> keyframes) : keyframes_(std::move(keyframes)) {}
  int64_t size() const override { return keyframes_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<datasets::Sample> Load(int64_t, uint64_t) const override {
    return absl::UnimplementedError("");
  }
  const std::vector<datasets::ActionClass>& classes() const override { return classes_; }
  std::vector<datasets::AnnotatedBox> GroundTruth() const override { return {}; }
  datasets::FrameSize annotation_frame_size() const override { return {}; }
  std::string Fingerprint() const override { return ""; }

 private:
  const std::vector<Keyframe> keyframes_;
  const std::vector<datasets::ActionClass> classes_;
};

// Seconds 1 to 5 of "b", then 2 and 3 of "a": videos need not be in alphabetical order.
KeyframesOnly Videos() {
  return KeyframesOnly({{"b", 1}, {"b", 2}, {"b", 3}, {"b", 4}, {"b", 5}, {"a", 2}, {"a", 3}});
}

// "clip offset: features" of every entry.
std::vector<std::string> Rows(const LongTermWindow& window) {
  std::vector<std::string> rows;
  for (int64_t m = 0; m < window.features.size(0); ++m) {
    rows.push_back(
        absl::StrCat(window.clip_index[m].item<int64_t>(), " ", window.offset[m].item<int64_t>(), ":"));
    for (int64_t i = 0; i < window.features.size(1); ++i) {
      absl::StrAppend(&rows.back(), " ", window.features[m][i].item<float>());
    }
  }
  return rows;
}

void Write(MemoryPool& pool, const Keyframe& keyframe, const std::vector<float>& features, double loss) {
  const int64_t persons = static_cast<int64_t>(features.size()) / 2;
  const absl::Status status = pool.Write({keyframe}, at::zeros({persons}, at::kLong),
                                         at::tensor(features).reshape({persons, 2}), loss);
  ASSERT_TRUE(status.ok()) << status;
}

TEST(MemoryPoolTest, NothingIsRememberedAtFirst) {
  const KeyframesOnly videos = Videos();
  const LongTermWindow window = MemoryPool(videos, 2, 2).Windows({{"b", 3}, {"a", 2}});
  EXPECT_EQ(window.features.sizes(), at::IntArrayRef({0, 2}));
  EXPECT_EQ(window.clip_index.sizes(), at::IntArrayRef({0}));
  EXPECT_EQ(window.offset.scalar_type(), at::kLong);
}

TEST(MemoryPoolTest, WindowsHoldTheOtherSecondsOfTheVideoWeighedByTheLossSince) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 2);
  Write(pool, {"b", 5}, {1, 2, 3, 4}, 0.5);
  Write(pool, {"b", 2}, {8, 16}, 4);
  Write(pool, {"a", 3}, {100, 100}, 2);
  Write(pool, {"b", 1}, {32, 64}, 2);
  Write(pool, {"b", 3}, {7, 7}, 1);  // the loss that what is read is compared with
  // Weights: second 1 min(1/2, 2/1), second 2 1/4, second 5 0.5. Second 3 is the clip's own.
  EXPECT_THAT(Rows(pool.Windows({{"b", 3}})),
              ElementsAre("0 -2: 16 32", "0 -1: 2 4", "0 2: 0.5 1", "0 2: 1.5 2"));
  EXPECT_THAT(Rows(pool.Windows({{"a", 2}, {"b", 5}})), ElementsAre("0 1: 50 50", "1 -2: 7 7"));
}

// As a bank's window: an entry nearer than half a second is of the clip's own second.
TEST(MemoryPoolTest, FractionsOfASecond) {
  const auto at = [](double second) { return Keyframe{"v", Timestamp::Nearest(second)}; };
  const KeyframesOnly videos({at(1.5), at(2), at(2.25), at(2.5), at(3), at(3.75)});
  MemoryPool pool(videos, 2, 1);
  for (const double second : {1.5, 2.0, 2.25, 2.5, 3.0, 3.75}) {
    Write(pool, at(second), {static_cast<float>(second), 0}, 1);
  }
  EXPECT_THAT(Rows(pool.Windows({at(2.5)})), ElementsAre("0 -1: 1.5 0", "0 -1: 2 0", "0 1: 3 0"));
  EXPECT_THAT(Rows(pool.Windows({at(2.75), at(3)})),
              ElementsAre("0 -1: 2 0", "0 -1: 2.25 0", "0 1: 3.75 0", "1 -1: 2 0", "1 -1: 2.25 0",
                          "1 -1: 2.5 0", "1 1: 3.75 0"));
}

TEST(MemoryPoolTest, WhatIsWrittenAgainReplacesWhatWas) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 2);
  Write(pool, {"b", 2}, {8, 16, 8, 16}, 1);
  Write(pool, {"b", 2}, {1, 2}, 1);
  EXPECT_THAT(Rows(pool.Windows({{"b", 3}})), ElementsAre("0 -1: 1 2"));
  Write(pool, {"b", 2}, {}, 1);  // nobody there
  EXPECT_THAT(Rows(pool.Windows({{"b", 3}})), IsEmpty());
}

TEST(MemoryPoolTest, PersonsGoToTheirClips) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 1, 5);
  ASSERT_TRUE(pool.Write({{"b", 4}, {"b", 1}, {"b", 2}}, at::tensor({0, 2, 2}, at::kLong),
                         at::tensor({1.0f, 2.0f, 3.0f}).unsqueeze(1), 0)
                  .ok());
  EXPECT_THAT(Rows(pool.Windows({{"b", 5}})), ElementsAre("0 -3: 2", "0 -3: 3", "0 -1: 1"));
}

TEST(MemoryPoolTest, AValueThatDoesNotFitIsAnErrorAndChangesNothing) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 5);
  Write(pool, {"b", 1}, {}, 1);
  const absl::Status status = pool.Write({{"b", 2}}, at::zeros({1}, at::kLong), at::full({1, 2}, 1e5f), 1);
  EXPECT_THAT(std::string(status.message()), HasSubstr("first b second 2"));
  EXPECT_THAT(Rows(pool.Windows({{"b", 3}})), IsEmpty());
}

TEST(MemoryPoolTest, ChangesTogetherAreAllThereIs) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 2), restored(videos, 2, 2);
  Write(pool, {"b", 4}, {7, 7}, 0.5);
  Write(pool, {"b", 2}, {}, 3);
  const MemoryPool::Changes first = pool.TakeChanges();
  EXPECT_TRUE(first.whole);
  Write(pool, {"b", 4}, {1, 2, 3, 4}, 0.5);
  Write(pool, {"b", 1}, {5, 6}, 2);
  const MemoryPool::Changes second = pool.TakeChanges();
  EXPECT_FALSE(second.whole);
  EXPECT_EQ(second.tensors.at("memory.indices").numel(), 2) << "only what was written since";
  for (const MemoryPool::Changes* changes : {&first, &second}) {
    const absl::Status status = restored.Apply("f", changes->tensors);
    ASSERT_TRUE(status.ok()) << status;
  }
  const std::vector<Keyframe> all = {{"b", 3}, {"b", 1}, {"a", 3}};
  EXPECT_EQ(Rows(restored.Windows(all)), Rows(pool.Windows(all)));
  EXPECT_THAT(Rows(restored.Windows(all)), ElementsAre("0 -2: 5 6", "0 1: 0.25 0.5", "0 1: 0.75 1"));
  EXPECT_EQ(pool.TakeChanges().tensors.at("memory.indices").numel(), 0);
}

// There are three entries; two files of together more than six are given up for one.
TEST(MemoryPoolTest, AllIsTakenAgainWhenTheChangesHaveGrown) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 2), restored(videos, 2, 2);
  const auto taken = [&](MemoryPool& from) {
    for (const int second : {1, 2, 4}) Write(from, {"b", second}, {1, 1}, 1);
    const MemoryPool::Changes changes = from.TakeChanges();
    EXPECT_EQ(changes.tensors.at("memory.indices").numel(), 3);
    return changes;
  };
  const MemoryPool::Changes first = taken(pool), second = taken(pool);
  EXPECT_TRUE(first.whole);
  EXPECT_FALSE(second.whole);
  EXPECT_TRUE(taken(pool).whole);
  EXPECT_FALSE(taken(pool).whole);
  // A resumed training counts what it has read.
  ASSERT_TRUE(restored.Apply("f", first.tensors).ok());
  ASSERT_TRUE(restored.Apply("f", second.tensors).ok());
  EXPECT_TRUE(taken(restored).whole);
}

TEST(MemoryPoolTest, ChangesThatDoNotFitAreRefused) {
  const KeyframesOnly videos = Videos();
  MemoryPool pool(videos, 2, 2);
  Write(pool, {"b", 2}, {1, 2}, 1);
  const auto message = [&](const std::string& name, const at::Tensor& value) {
    auto state = MemoryPool(pool).TakeChanges().tensors;
    if (value.defined()) {
      state[name] = value;
    } else {
      state.erase(name);
    }
    return std::string(pool.Apply("f", state).message());
  };
  EXPECT_EQ(message("memory.loss", {}), "f: holds no tensor 'memory.loss'");
  EXPECT_EQ(message("memory.indices", at::tensor({7}, at::kLong)),
            "f: tensor 'memory.indices' names key frame 7 of 7");
  EXPECT_EQ(message("memory.counts", at::tensor({1, 1}, at::kLong)),
            "f: tensor 'memory.counts' does not fit 'memory.indices'");
  EXPECT_EQ(message("memory.counts", at::tensor({-1}, at::kLong)), "f: tensor 'memory.counts' holds -1");
  EXPECT_EQ(message("memory.features", at::zeros({2, 2}, at::kHalf)),
            "f: tensor 'memory.features' is not float16 of shape [1,2]");
  EXPECT_EQ(message("memory.losses", at::zeros({1})),
            "f: tensor 'memory.losses' does not fit 'memory.indices'");
  EXPECT_THAT(Rows(pool.Windows({{"b", 3}})), ElementsAre("0 -1: 1 2"));
}

}  // namespace
}  // namespace mrsn::experiments
