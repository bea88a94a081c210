#include "datasets/collate.h"

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

// Values count up from `first`, modulo 256.
FrameStack Stack(int frames, int height, int width, int first) {
  FrameStack stack{frames, height, width, {}};
  for (int i = 0; i < 3 * frames * height * width; ++i) stack.values.push_back(first + i);
  return stack;
}

int At(const at::Tensor& pixel) { return pixel.item<uint8_t>(); }

Sample MakeSample(const std::string& video, FrameStack slow, std::vector<Actor> actors) {
  Sample sample;
  sample.keyframe = {video, 902};
  sample.slow = std::move(slow);
  sample.actors = std::move(actors);
  return sample;
}

TEST(CollateTest, StacksClipsAndListsActors) {
  const ClipBatch batch =
      Collate({MakeSample("a", Stack(2, 4, 5, 0), {{{0, 0.1f, 0.2f, 0.3f}, 0.9f, {1, 2}}}),
               MakeSample("b", Stack(2, 4, 5, 100), {}),
               MakeSample("c", Stack(2, 4, 5, 200), {{{0.5f, 0, 1, 1}, 1, {0}}, {{0, 0, 1, 1}, 0.5f, {}}})},
              3);
  EXPECT_EQ(batch.slow.sizes(), (std::vector<int64_t>{3, 3, 2, 4, 5}));
  EXPECT_EQ(batch.slow.scalar_type(), at::kByte);
  EXPECT_EQ(At(batch.slow[1][2][1][3][4]), 100 + 3 * 2 * 4 * 5 - 1);
  EXPECT_EQ(At(batch.slow[2][0][1][0][0]), 200 + 4 * 5);
  EXPECT_FALSE(batch.fast.defined());
  EXPECT_TRUE(at::equal(batch.clip_index, at::tensor(at::ArrayRef<int64_t>({0, 2, 2}))));
  EXPECT_TRUE(
      at::equal(batch.labels, at::tensor(at::ArrayRef<float>({0, 1, 1, 1, 0, 0, 0, 0, 0})).view({3, 3})));
  EXPECT_EQ(batch.boxes[0][3].item<float>(), 0.3f);
  EXPECT_EQ(batch.boxes[1][0].item<float>(), 0.5f);
  EXPECT_EQ(batch.scores, (std::vector<float>{0.9f, 1, 0.5f}));
  ASSERT_EQ(batch.keyframes.size(), 3);
  EXPECT_EQ(batch.keyframes[2].video, "c");
}

TEST(CollateTest, TubeletsOfAllClipsInOrder) {
  Actor left{{0, 0, 1, 0.5f}, 1, {}}, right = left;
  left.tubelet = {{0, 0, 1, 0.5f}, {0.5f, 0, 1, 1}};
  right.tubelet = {{0, 0.25f, 1, 0.5f}, {0, 0, 1, 1}};
  const ClipBatch batch =
      Collate({MakeSample("left", Stack(2, 4, 6, 1), {left}), MakeSample("none", Stack(2, 4, 6, 1), {}),
               MakeSample("right", Stack(2, 4, 6, 1), {right})},
              1);
  const at::Tensor expected =
      at::tensor(at::ArrayRef<float>({0, 0, 1, 0.5f, 0.5f, 0, 1, 1, 0, 0.25f, 1, 0.5f, 0, 0, 1, 1}))
          .view({2, 2, 4});
  EXPECT_TRUE(at::equal(batch.tubelets, expected));
  EXPECT_FALSE(Collate({MakeSample("a", Stack(2, 2, 3, 1), {{{0, 0, 1, 1}, 1, {}}})}, 1).tubelets.defined());
}

TEST(CollateTest, BoxesToReportStandBesideTheModelsOwn) {
  Actor enlarged{{0, 0, 1, 0.5f}, 1, {}};
  enlarged.reported = Box{0.25f, 0, 0.75f, 0.5f};
  const Sample same = MakeSample("b", Stack(1, 2, 2, 0), {{{0, 0, 0.5f, 1}, 1, {}}});
  const ClipBatch batch = Collate({MakeSample("a", Stack(1, 2, 2, 0), {enlarged}), same}, 1);
  EXPECT_TRUE(
      at::equal(batch.boxes, at::tensor(at::ArrayRef<float>({0, 0, 1, 0.5f, 0, 0, 0.5f, 1})).view({2, 4})));
  EXPECT_TRUE(at::equal(
      batch.reported, at::tensor(at::ArrayRef<float>({0.25f, 0, 0.75f, 0.5f, 0, 0, 0.5f, 1})).view({2, 4})));
  EXPECT_FALSE(Collate({same}, 1).reported.defined());
}

TEST(CollateTest, NoActorAtAll) {
  const ClipBatch batch = Collate({MakeSample("a", Stack(1, 2, 2, 0), {})}, 5);
  EXPECT_EQ(batch.boxes.sizes(), (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(batch.clip_index.sizes(), (std::vector<int64_t>{0}));
  EXPECT_EQ(batch.clip_index.scalar_type(), at::kLong);
  EXPECT_EQ(batch.labels.sizes(), (std::vector<int64_t>{0, 5}));
}

TEST(CollateTest, TwoPathways) {
  Sample sample = MakeSample("a", Stack(2, 2, 2, 0), {});
  sample.fast = Stack(8, 2, 2, 50);
  const ClipBatch batch = Collate({sample, sample}, 1);
  EXPECT_EQ(batch.fast.sizes(), (std::vector<int64_t>{2, 3, 8, 2, 2}));
  EXPECT_EQ(At(batch.fast[1][0][0][0][0]), 50);
}

TEST(CollateTest, FlowHasTwoChannels) {
  Sample first = MakeSample("a", Stack(2, 2, 3, 0), {}), second = MakeSample("b", Stack(2, 2, 3, 0), {});
  first.flow = second.flow = {2, 2, 3, {}};
  for (int i = 0; i < 24; ++i) first.flow.values.push_back(i + 0.5f);
  for (int i = 0; i < 24; ++i) second.flow.values.push_back(100 + i);
  const ClipBatch batch = Collate({first, second}, 1);
  EXPECT_EQ(batch.flow.sizes(), (std::vector<int64_t>{2, 2, 2, 2, 3}));
  EXPECT_EQ(batch.flow[0][1][0][1][1].item<float>(), 12 + 4.5f);  // y of the first frame, last row
  EXPECT_EQ(batch.flow[1][1][1][1][2].item<float>(), 123);
  EXPECT_FALSE(Collate({MakeSample("a", Stack(2, 2, 2, 0), {})}, 1).flow.defined());
  EXPECT_THROW(Collate({first, MakeSample("b", Stack(2, 2, 3, 0), {})}, 1), c10::Error);
  EXPECT_THROW(Collate({MakeSample("b", Stack(2, 2, 3, 0), {}), first}, 1), c10::Error);
}

// Also where the number of values is the same, and where only one pathway has another size.
TEST(CollateTest, RefusesFramesOfDifferentSizes) {
  const auto error = [](const Sample& a, const Sample& b) -> std::string {
    try {
      Collate({a, b}, 1);
    } catch (const c10::Error& e) {
      return e.what_without_backtrace();
    }
    return "none";
  };
  EXPECT_EQ(error(MakeSample("a", Stack(1, 2, 3, 0), {}), MakeSample("b", Stack(1, 2, 4, 0), {})),
            "collate: frames of 4x2 and 3x2 (b)");
  EXPECT_EQ(error(MakeSample("a", Stack(1, 2, 3, 0), {}), MakeSample("b", Stack(1, 3, 2, 0), {})),
            "collate: frames of 2x3 and 3x2 (b)");
  Sample fast = MakeSample("c", Stack(1, 2, 3, 0), {});
  fast.fast = Stack(4, 3, 2, 0);
  EXPECT_EQ(error(fast, fast), "collate: frames of 2x3 and 3x2 (c)");
}

TEST(CollateTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(Collate({}, 1), c10::Error);
  EXPECT_THROW(Collate({MakeSample("a", Stack(1, 2, 2, 0), {}), MakeSample("b", Stack(2, 2, 2, 0), {})}, 1),
               c10::Error);
  EXPECT_THROW(Collate({MakeSample("a", Stack(1, 2, 2, 0), {{{0, 0, 1, 1}, 1, {1}}})}, 1), c10::Error);
  Sample scaled = MakeSample("b", Stack(1, 2, 2, 0), {});
  scaled.scaling.std = {1, 1, 1};
  EXPECT_THROW(Collate({MakeSample("a", Stack(1, 2, 2, 0), {}), scaled}, 1), c10::Error);
  EXPECT_TRUE(Collate({scaled}, 1).scaling == scaled.scaling);
  Actor with{{0, 0, 1, 1}, 1, {}}, without = with;
  with.tubelet = {{0, 0, 1, 1}};
  EXPECT_THROW(Collate({MakeSample("a", Stack(1, 2, 2, 0), {with, without})}, 1), c10::Error);
  EXPECT_THROW(Collate({MakeSample("a", Stack(2, 2, 2, 0), {with})}, 1), c10::Error);
}

}  // namespace
}  // namespace mrsn::datasets
