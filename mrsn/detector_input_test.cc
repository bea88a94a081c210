#include "mrsn/detector_input.h"

#include <ATen/ATen.h>

#include <set>
#include <tuple>
#include <type_traits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;

template <typename T>
void TurnOn(const T& need) {
  if constexpr (std::is_same_v<T, bool>) const_cast<bool&>(need) = true;
}

// Whatever a head or backbone may read; a need that is a number has its line here.
ModelNeeds Everything() {
  ModelNeeds needs;
  const auto turn_on = [](const auto&... fields) { (TurnOn(fields), ...); };
  std::apply(turn_on, FieldsOf(static_cast<const HeadNeeds&>(needs)));
  std::apply(turn_on, FieldsOf(static_cast<const BackboneNeeds&>(needs)));
  needs.alpha = 4;
  needs.bank = {/*radius=*/2, /*width=*/6};
  return needs;
}

InputSize Small() {
  InputSize size = {/*clips=*/2, /*frames=*/3, /*height=*/8, /*width=*/9};
  size.persons = 4;
  size.entries = 10;
  size.objects = 6;
  return size;
}

std::vector<int64_t> Values(const at::Tensor& x) {
  const at::Tensor flat = x.contiguous();
  return {flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel()};
}

TEST(DetectorInputTest, TheListNamesEveryTensorOnce) {
  DetectorInput input;
  std::set<std::string> names;
  std::set<const at::Tensor*> tensors;
  for (const InputTensor& tensor : InputTensors()) {
    names.insert(tensor.name);
    tensors.insert(&tensor.of(input));
  }
  EXPECT_EQ(names.size(), InputTensors().size());
  EXPECT_EQ(tensors.size(), InputTensors().size());
  EXPECT_EQ(tensors.size(), sizeof(DetectorInput) / sizeof(at::Tensor));  // a new member needs a line
}

TEST(DetectorInputTest, ShapesInWords) {
  EXPECT_EQ(ShapeText(InputTensors().front()), "float32 [B,3,T,H,W]");
  EXPECT_EQ(ShapeText(InputTensors().back()), "int64 [O]");
}

TEST(MakeInputTest, HasTheShapesThatTheModelReads) {
  for (const at::Device device : {at::Device(at::kCPU), at::Device(at::kMeta)}) {
    const DetectorInput input = MakeInput(Small(), Everything(), device);
    EXPECT_EQ(input.slow.sizes(), (at::IntArrayRef{2, 3, 3, 8, 9}));
    EXPECT_EQ(input.fast.sizes(), (at::IntArrayRef{2, 3, 12, 8, 9}));
    EXPECT_EQ(input.flow.sizes(), (at::IntArrayRef{2, 2, 3, 8, 9}));
    EXPECT_EQ(input.boxes.sizes(), (at::IntArrayRef{4, 4}));
    EXPECT_EQ(input.clip_index.sizes(), (at::IntArrayRef{4}));
    EXPECT_EQ(input.bank.features.sizes(), (at::IntArrayRef{10, 6}));
    EXPECT_EQ(input.bank.offset.sizes(), (at::IntArrayRef{10}));
    EXPECT_EQ(input.object_boxes.sizes(), (at::IntArrayRef{6, 4}));
    EXPECT_FALSE(input.features.defined());  // no model asks for the maps of a frozen backbone
    for (const InputTensor& tensor : InputTensors()) {
      if (!tensor.read(Everything())) continue;
      DetectorInput copy = input;
      EXPECT_EQ(tensor.of(copy).device(), device) << tensor.name;
      EXPECT_EQ(tensor.of(copy).scalar_type(), tensor.type()) << tensor.name;
    }
  }
}

TEST(MakeInputTest, LeavesOutWhatTheModelDoesNotReadAndEmptyGroups) {
  DetectorInput plain = MakeInput(Small(), {});
  InputSize empty = Small();
  empty.persons = empty.entries = empty.objects = 0;
  DetectorInput nobody = MakeInput(empty, Everything());
  EXPECT_EQ(nobody.boxes.sizes(), (at::IntArrayRef{0, 4}));
  EXPECT_EQ(nobody.clip_index.sizes(), (at::IntArrayRef{0}));
  for (const InputTensor& tensor : InputTensors()) {
    const std::string name = tensor.name;
    EXPECT_EQ(tensor.of(plain).defined(), name == "slow" || name == "boxes" || name == "clip_index") << name;
    const bool always = std::string(tensor.group).empty() && tensor.read(Everything());
    EXPECT_EQ(tensor.of(nobody).defined(), always) << name;
  }
}

TEST(MakeInputTest, ValuesAreInTheirRange) {
  const DetectorInput input = MakeInput(Small(), Everything(), at::kDouble);
  EXPECT_EQ(input.slow.scalar_type(), at::kDouble);
  EXPECT_THAT(Values(input.clip_index), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(Values(input.object_clip_index), ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_THAT(Values(input.bank.clip_index), ElementsAre(0, 0, 0, 0, 0, 1, 1, 1, 1, 1));
  EXPECT_THAT(Values(input.bank.offset), ElementsAre(-2, -1, 0, 1, 2, -2, -1, 0, 1, 2));
  for (const at::Tensor& boxes : {input.boxes, input.object_boxes}) {
    EXPECT_TRUE((boxes.slice(1, 0, 2) < boxes.slice(1, 2, 4)).all().item<bool>());
    EXPECT_TRUE(((boxes >= 0) & (boxes <= 1)).all().item<bool>());
  }
}

TEST(DetectorInputTest, MovesEveryTensorThatIsThere) {
  DetectorInput whole = MakeInput(Small(), Everything());
  whole.features = at::zeros({2, 5, 4, 4});
  DetectorInput moved = whole.To(at::kMeta);
  for (const InputTensor& tensor : InputTensors()) EXPECT_TRUE(tensor.of(moved).is_meta()) << tensor.name;
  EXPECT_FALSE(MakeInput(Small(), {}).To(at::kMeta).flow.defined());
  const DetectorInput input = MakeInput(Small(), {});
  EXPECT_TRUE(input.To(at::kCPU).slow.is_same(input.slow));
}

}  // namespace
}  // namespace mrsn
