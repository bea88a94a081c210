// What holds for a whole detector, whatever its head.
#include "mrsn/action_detector.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/micro_detector.h"
#include "mrsn/testing/tap_named.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

class DetectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(21);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }

  // Double precision; nothing at its symmetric start.
  std::shared_ptr<ActionDetector> Scrambled(const std::string& config) {
    return mrsn::Scrambled(Build(config), 0.2);
  }

  // Three clips with 2, 0 and 3 persons.
  DetectorInput Input(int64_t g) {
    ModelNeeds needs;
    needs.bank = {10, g};
    InputSize size = {3, 2, 32, 32};
    size.persons = 5;
    size.entries = 4;
    DetectorInput input = MakeInput(size, needs, at::kDouble);
    input.clip_index = at::tensor({0, 0, 2, 2, 2}, at::kLong);
    input.bank.clip_index = at::tensor({0, 2, 2, 0}, at::kLong);
    input.bank.offset = at::tensor({-1, 0, 10, 4}, at::kLong);
    return input;
  }

  static LongTermWindow Select(const LongTermWindow& bank, const std::vector<int64_t>& entries,
                               int64_t clip) {
    const at::Tensor index = at::tensor(entries, at::kLong);
    return {bank.features.index_select(0, index), at::full({index.numel()}, clip, at::kLong),
            bank.offset.index_select(0, index)};
  }
};

// Whether the map is the backbone's or was stored.
TEST_F(DetectorTest, TheMapIsScaled) {
  const auto plain = Scrambled(Micro(""));
  torch::manual_seed(21);
  const auto scaled = Scrambled("feature_scale: 0.25 " + Micro(""));
  DetectorInput input = Input(1);
  Taps taps;
  const at::Tensor unscaled = plain->Forward(input, &taps).logits, map = TapNamed(taps, "F");
  const at::Tensor found = scaled->Forward(input).logits;
  input.features = map;
  EXPECT_TRUE(at::equal(scaled->Forward(input).logits, found));
  input.features = 0.25 * map;
  EXPECT_TRUE(at::equal(plain->Forward(input).logits, found));
  EXPECT_FALSE(at::allclose(unscaled, found));
}

TEST_F(DetectorTest, AClipsResultsDoNotDependOnTheBatch) {
  const auto detector = Scrambled(Micro("long_term { inner_width: 4 }"));
  const DetectorInput batch = Input(detector->needs().relation_width);
  const DetectorOutput together = detector->Forward(batch);
  const struct {
    int64_t clip, begin, end;
    std::vector<int64_t> entries;
  } clips[] = {{0, 0, 2, {0, 3}}, {2, 2, 5, {1, 2}}};
  for (const auto& [clip, begin, end, entries] : clips) {
    DetectorInput alone;
    alone.slow = batch.slow.slice(0, clip, clip + 1);
    alone.boxes = batch.boxes.slice(0, begin, end);
    alone.clip_index = at::zeros({end - begin}, at::kLong);
    alone.bank = Select(batch.bank, entries, 0);
    const DetectorOutput output = detector->Forward(alone);
    EXPECT_TRUE(Close(together.logits.slice(0, begin, end), output.logits, 1e-12)) << clip;
    EXPECT_TRUE(Close(together.G.slice(0, begin, end), output.G, 1e-12)) << clip;
  }
}

TEST_F(DetectorTest, PersonsMayComeInAnyOrder) {
  const auto detector = Scrambled(Micro("blocks: 2"));
  DetectorInput input = Input(detector->needs().relation_width);
  const at::Tensor logits = detector->Forward(input).logits;
  const at::Tensor order = at::tensor({1, 0, 4, 2, 3}, at::kLong);
  input.boxes = input.boxes.index_select(0, order);
  EXPECT_TRUE(Close(detector->Forward(input).logits, logits.index_select(0, order), 1e-12));
}

TEST_F(DetectorTest, ObjectsConcernTheirClipOnly) {
  const auto detector =
      Scrambled(std::string(kMicroBackbone) + "aia { width: 6 mlp_width: 16 memory: false }");
  ASSERT_TRUE(detector->needs().objects);
  EXPECT_FALSE(detector->needs().bank.has_value());
  DetectorInput input = Input(1);
  const at::Tensor without = detector->Forward(input).logits;
  input.object_boxes = at::empty({0, 4}, at::kDouble);
  input.object_clip_index = at::empty({0}, at::kLong);
  EXPECT_TRUE(Close(detector->Forward(input).logits, without, 1e-12));
  input.object_boxes = at::tensor({0.1, 0.2, 0.4, 0.5, 0.3, 0.3, 0.9, 0.8}, at::kDouble).view({2, 4});
  input.object_clip_index = at::tensor({2, 1}, at::kLong);
  const at::Tensor with = detector->Forward(input).logits;
  EXPECT_TRUE(Close(with.slice(0, 0, 2), without.slice(0, 0, 2), 1e-12));
  EXPECT_FALSE(Close(with.slice(0, 2, 5), without.slice(0, 2, 5), 1e-6));
  input.object_clip_index = input.object_clip_index.slice(0, 0, 1);
  EXPECT_THROW(detector->Forward(input), c10::Error);
}

TEST_F(DetectorTest, OnePersonAlone) {
  const auto detector = Scrambled(Micro());
  DetectorInput input = Input(detector->needs().relation_width);
  input.boxes = input.boxes.slice(0, 0, 1);
  input.clip_index = at::tensor({1}, at::kLong);
  const DetectorOutput output = detector->Forward(input);
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{1, 5}));
  EXPECT_TRUE(at::isfinite(output.logits).all().item<bool>());
  EXPECT_FALSE(output.memory.defined());
}

TEST_F(DetectorTest, NoPersonsGiveEmptyOutputAndAStepThatLearnsNothing) {
  for (const std::string& head :
       {std::string("linear {}"), "mrsn { " + std::string(kMicroHead) + " long_term {} }"}) {
    const auto detector = Build(kMicroBackbone + head);
    InputSize size = {2, 2, 32, 32};
    size.persons = 0;
    const DetectorInput input = MakeInput(size, {});
    const DetectorOutput output = detector->Forward(input);
    EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{0, 5}));
    EXPECT_EQ(output.G.sizes(), (at::IntArrayRef{0, detector->needs().relation_width}));
    output.logits.sum().backward();
    for (const at::Tensor& parameter : detector->parameters()) {
      if (parameter.grad().defined()) {
        EXPECT_EQ(parameter.grad().abs().max().item<float>(), 0);
      }
    }
  }
}

TEST_F(DetectorTest, EveryParameterLearns) {
  const auto detector = Scrambled(Micro("blocks: 2 long_term { inner_width: 4 dropout: 0 }"));
  detector->train();
  detector->Forward(Input(detector->needs().relation_width)).logits.square().sum().backward();
  for (const auto& parameter : detector->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0) << parameter.key();
  }
}

// RoIAlign's grid is PySlowFast's: pixels times 1/stride, whatever the map's size.
TEST_F(DetectorTest, RoisAreTakenAtTheBackbonesStride) {
  const auto detector = Scrambled(kMicroBackbone + std::string("linear {}"));  // stride 4
  DetectorInput input = Input(8);
  input.slow = at::randn({3, 3, 2, 32, 41}, at::kDouble);  // a map of 8 x 11 cells; 41 / 4 = 10.25
  input.boxes = at::tensor({8.0 / 41, 4.0 / 32, 20.0 / 41, 16.0 / 32}, at::kDouble).view({1, 4});
  input.clip_index = at::tensor({1}, at::kLong);
  Taps taps;
  detector->Forward(input, &taps);
  const at::Tensor F = TapNamed(taps, "F"), A = TapNamed(taps, "A");
  ASSERT_EQ(F.sizes(), (at::IntArrayRef{3, 8, 8, 11}));
  // The box is 3 x 3 cells from (2, 1), a bin is one cell, and its one sample lies
  // half a cell in, minus the half-cell shift: on the cells themselves.
  EXPECT_TRUE(Close(A[0], F[1].slice(1, 1, 4).slice(2, 2, 5), 1e-12));
}

TEST_F(DetectorTest, RefusesShapesThatContradictEachOther) {
  const auto detector = Build(Micro());
  DetectorInput input = Input(24);
  input.boxes = at::zeros({2, 5});
  EXPECT_THROW(detector->Forward(input), c10::Error);
  input = Input(24);
  input.clip_index = at::zeros({4}, at::kLong);
  EXPECT_THROW(detector->Forward(input), c10::Error);
  input = Input(24);
  input.slow = at::zeros({3, 1, 2, 32, 32});
  EXPECT_THROW(detector->Forward(input), c10::Error);
}

}  // namespace
}  // namespace mrsn
