#include "experiments/engine/scored_bytes.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

FoundByRank TwoBatches() {
  Detections found;
  found.boxes = at::arange(8, at::kFloat).view({2, 4}) / 7;
  found.clip_index = at::tensor({0, 2}, at::kLong);
  found.scores = at::randn({2, 3});
  found.G = at::randn({2, 5});  // no memory
  Detections nobody;
  nobody.boxes = at::empty({0, 4});
  nobody.clip_index = at::empty({0}, at::kLong);
  nobody.scores = at::empty({0, 3});
  nobody.memory = at::empty({0, 6});
  return {{{{{"a", 902}, {"", 1}, {"a b,\n", 903}}, found}, {{{"c", -4}}, nobody}},
          {{{"d", 5}, 1, 2, absl::DataLossError("cut off")}}};
}

TEST(ScoredBytes, EverythingComesBack) {
  const FoundByRank sent = TwoBatches();
  const auto received = FoundFromBytes(BytesOf(sent));
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_EQ(received->clips.size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(received->clips[i].keyframes, sent.clips[i].keyframes);
    const Detections &a = received->clips[i].found, &b = sent.clips[i].found;
    EXPECT_TRUE(at::equal(a.boxes, b.boxes));
    EXPECT_TRUE(at::equal(a.clip_index, b.clip_index));
    EXPECT_TRUE(at::equal(a.scores, b.scores));
    EXPECT_EQ(a.G.defined(), b.G.defined());
    EXPECT_EQ(a.memory.defined(), b.memory.defined());
  }
  EXPECT_TRUE(at::equal(received->clips[0].found.G, sent.clips[0].found.G));
  EXPECT_EQ(received->clips[1].found.memory.sizes(), at::IntArrayRef({0, 6}));
  ASSERT_EQ(received->skipped.size(), 1);
  EXPECT_EQ(received->skipped[0].keyframe, sent.skipped[0].keyframe);
  EXPECT_EQ(received->skipped[0].epoch, 1);
  EXPECT_EQ(received->skipped[0].batch, 2);
  EXPECT_EQ(received->skipped[0].reason, absl::DataLossError("cut off"));
  const auto nothing = FoundFromBytes(BytesOf({}));
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->clips.empty() && nothing->skipped.empty());
}

TEST(ScoredBytes, BytesThatEndTooEarlyOrGoOnAreErrors) {
  const std::string bytes = BytesOf(TwoBatches());
  for (size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_FALSE(FoundFromBytes(bytes.substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(FoundFromBytes(bytes + "x").ok());
  EXPECT_FALSE(FoundFromBytes(std::string(64, '\x7f')).ok());
  EXPECT_FALSE(FoundFromBytes(std::string(64, '\xff')).ok());
}

}  // namespace
}  // namespace mrsn::experiments
