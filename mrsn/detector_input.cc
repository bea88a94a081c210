#include "mrsn/detector_input.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mrsn {
namespace {

using Values = InputTensor::Values;

const Extent kClips = {"B", &InputSize::clips};
const Extent kFrames = {"T", &InputSize::frames};
const Extent kHeight = {"H", &InputSize::height};
const Extent kWidth = {"W", &InputSize::width};
const Extent kPersons = {"N", &InputSize::persons, nullptr, /*may_be_empty=*/true};
const Extent kEntries = {"M", &InputSize::entries, nullptr, /*may_be_empty=*/true};
const Extent kObjects = {"O", &InputSize::objects, nullptr, /*may_be_empty=*/true};
const Extent kFastFrames = {"alpha T", nullptr, [](const InputSize& size, const ModelNeeds& needs) {
                              return needs.alpha * size.frames;
                            }};
const Extent kBankWidth = {"g", nullptr,
                           [](const InputSize&, const ModelNeeds& needs) { return needs.bank->width; }};
int64_t Nothing(const InputSize&, const ModelNeeds&) { return 0; }
const Extent kChannels = {"C", nullptr, Nothing};
const Extent kMapHeight = {"h", nullptr, Nothing};
const Extent kMapWidth = {"w", nullptr, Nothing};
const Extent kRgb = {"3", nullptr, [](const InputSize&, const ModelNeeds&) { return int64_t{3}; }};
const Extent kMotion = {"2", nullptr, [](const InputSize&, const ModelNeeds&) { return int64_t{2}; }};
const Extent kCorners = {"4", nullptr, [](const InputSize&, const ModelNeeds&) { return int64_t{4}; }};

bool Always(const ModelNeeds&) { return true; }
bool Never(const ModelNeeds&) { return false; }
bool WithFast(const ModelNeeds& needs) { return needs.alpha > 0; }
bool WithFlow(const ModelNeeds& needs) { return needs.flow; }
bool WithBank(const ModelNeeds& needs) { return needs.bank.has_value(); }
bool WithObjects(const ModelNeeds& needs) { return needs.objects; }

// For `count` things, the clip of each: 0 .. 0 1 .. 1 2 ..
at::Tensor SpreadOver(int64_t clips, int64_t count) {
  return (at::arange(count, at::kLong) * clips).div(std::max<int64_t>(count, 1), "floor");
}

at::Tensor RandomBoxes(int64_t count, const at::TensorOptions& options) {
  const at::Tensor corners = at::rand({count, 2}, options) * 0.6;
  return at::cat({corners, corners + 0.1 + at::rand({count, 2}, options) * 0.3}, 1);
}

at::Tensor RandomValues(Values values, const std::vector<int64_t>& shape, const InputSize& size,
                        const ModelNeeds& needs, const at::TensorOptions& options) {
  switch (values) {
    case Values::kFrames:
      return at::randn(shape, options);
    case Values::kBoxes:
      return RandomBoxes(shape[0], options);
    case Values::kClips:
    case Values::kSorted:
      return SpreadOver(size.clips, shape[0]).to(options.device());
    case Values::kSeconds: {
      const int64_t seconds = 2 * needs.bank->radius + 1;
      const at::Tensor second = SpreadOver(size.clips * seconds, shape[0]).remainder(seconds);
      return (second - needs.bank->radius).to(options.device());
    }
  }
  TORCH_CHECK(false, "unknown kind of values");
}

}  // namespace

at::ScalarType InputTensor::type() const {
  return values == Values::kFrames || values == Values::kBoxes ? at::kFloat : at::kLong;
}

const std::vector<InputTensor>& InputTensors() {
  static const std::vector<InputTensor> tensors = {
      {"slow",
       Values::kFrames,
       {kClips, kRgb, kFrames, kHeight, kWidth},
       Always,
       "",
       "normalised RGB, (value / 255 - 0.45) / 0.225 if not configured",
       [](DetectorInput& i) -> at::Tensor& { return i.slow; }},
      {"fast",
       Values::kFrames,
       {kClips, kRgb, kFastFrames, kHeight, kWidth},
       WithFast,
       "",
       "the same, for backbones with two pathways",
       [](DetectorInput& i) -> at::Tensor& { return i.fast; }},
      {"flow",
       Values::kFrames,
       {kClips, kMotion, kFrames, kHeight, kWidth},
       WithFlow,
       "",
       "motion to the next frame, x and y, 1 = 20 pixels, for models that read it",
       [](DetectorInput& i) -> at::Tensor& { return i.flow; }},
      // In place of frames; no model asks for it.
      {"features",
       Values::kFrames,
       {kClips, kChannels, kMapHeight, kMapWidth},
       Never,
       "",
       "the backbone's map, in place of frames; not in files",
       [](DetectorInput& i) -> at::Tensor& { return i.features; }},
      {"boxes",
       Values::kBoxes,
       {kPersons, kCorners},
       Always,
       "",
       "x1,y1,x2,y2 in [0,1] of the frame",
       [](DetectorInput& i) -> at::Tensor& { return i.boxes; }},
      {"clip_index",
       Values::kSorted,
       {kPersons},
       Always,
       "",
       "the clip of each box, ascending",
       [](DetectorInput& i) -> at::Tensor& { return i.clip_index; }},
      {"bank_features",
       Values::kFrames,
       {kEntries, kBankWidth},
       WithBank,
       "bank",
       "G of other moments, as a short-term model gives it",
       [](DetectorInput& i) -> at::Tensor& { return i.bank.features; }},
      {"bank_clip_index",
       Values::kClips,
       {kEntries},
       WithBank,
       "bank",
       "the clip whose window the entry is in",
       [](DetectorInput& i) -> at::Tensor& { return i.bank.clip_index; }},
      {"bank_offset",
       Values::kSeconds,
       {kEntries},
       WithBank,
       "bank",
       "seconds from the clip to the entry",
       [](DetectorInput& i) -> at::Tensor& { return i.bank.offset; }},
      {"object_boxes",
       Values::kBoxes,
       {kObjects, kCorners},
       WithObjects,
       "objects",
       "as boxes",
       [](DetectorInput& i) -> at::Tensor& { return i.object_boxes; }},
      {"object_clip_index",
       Values::kClips,
       {kObjects},
       WithObjects,
       "objects",
       "the clip of each object",
       [](DetectorInput& i) -> at::Tensor& { return i.object_clip_index; }},
  };
  return tensors;
}

int64_t SizeOf(const Extent& extent, const InputSize& size, const ModelNeeds& needs) {
  return extent.member != nullptr ? size.*extent.member : extent.size(size, needs);
}

std::string ShapeText(const InputTensor& tensor) {
  std::string text = tensor.type() == at::kFloat ? "float32 [" : "int64 [";
  for (const Extent& extent : tensor.shape) {
    if (text.back() != '[') text += ',';
    text += extent.symbol;
  }
  return text + "]";
}

DetectorInput DetectorInput::To(at::Device device) const {
  DetectorInput moved = *this;
  for (const InputTensor& tensor : InputTensors()) {
    at::Tensor& value = tensor.of(moved);
    if (value.defined()) value = value.to(device);
  }
  return moved;
}

DetectorInput MakeInput(const InputSize& size, const ModelNeeds& needs, const at::TensorOptions& options) {
  DetectorInput input;
  for (const InputTensor& tensor : InputTensors()) {
    if (!tensor.read(needs)) continue;
    std::vector<int64_t> shape;
    for (const Extent& extent : tensor.shape) shape.push_back(SizeOf(extent, size, needs));
    if (*tensor.group != '\0' && shape[0] == 0) continue;
    if (options.device().is_meta()) {
      const bool whole = tensor.type() == at::kLong;
      tensor.of(input) = at::empty(shape, whole ? options.dtype(at::kLong) : options);
    } else {
      tensor.of(input) = RandomValues(tensor.values, shape, size, needs, options);
    }
  }
  return input;
}

}  // namespace mrsn
