#include "mrsn/onnx/layers.h"

#include <cmath>
#include <vector>

namespace mrsn::onnx {
namespace {

constexpr float kLayerNormEpsilon = 1e-5f;

// x by the map of `weight` [rows,columns], of which rows [begin, end) count. The graph stores them
// transposed.
Value Multiply(const Scope& scope, const std::string& name, const Weight& weight, int64_t begin, int64_t end,
               const Value& x) {
  const int64_t columns = weight.size(1), rows = end - begin;
  std::vector<float> transposed(static_cast<size_t>(rows * columns));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      transposed[column * rows + row] = weight.values[(begin + row) * columns + column];
    }
  }
  return scope.Node("MatMul", {x, scope.Floats(name, {columns, rows}, transposed)});
}

std::vector<int64_t> Vector(const Extents& extents) { return {extents.begin(), extents.end()}; }

// The attribute(s) that say how a window moves.
std::vector<Attribute> Padding(bool same, const Extents& padding) {
  if (same) return {{"auto_pad", "SAME_UPPER"}};
  std::vector<int64_t> pads = Vector(padding);  // in front, then behind
  pads.insert(pads.end(), padding.begin(), padding.end());
  return {{"pads", pads}};
}

// The factor of each channel, and the sum's other term, of a batch norm over `channels`; 1 and 0 without.
struct ScaleAndShift {
  std::vector<double> scale, shift;
};

ScaleAndShift FoldedNorm(const Scope& owner, const std::string& norm, double epsilon, int64_t channels) {
  const auto count = static_cast<size_t>(channels);
  ScaleAndShift folded = {std::vector<double>(count, 1), std::vector<double>(count, 0)};
  if (norm.empty()) return folded;
  const Scope inside = owner.In(norm);
  const Weight &gamma = inside.Get("weight", 1), &beta = inside.Get("bias", 1),
               &mean = inside.Get("running_mean", 1), &variance = inside.Get("running_var", 1);
  if (gamma.size(0) != channels) return folded;  // a stand-in; Weights::Finish knows
  for (size_t c = 0; c < count; ++c) {
    folded.scale[c] = gamma.values[c] / std::sqrt(variance.values[c] + epsilon);
    folded.shift[c] = beta.values[c] - mean.values[c] * folded.scale[c];
  }
  return folded;
}

}  // namespace

Value LinearRows(const Scope& scope, const std::string& weight_name, const std::string& bias_name,
                 int64_t begin, int64_t end, const Value& x) {
  const Weight &weight = scope.Get(weight_name, 2), &bias = scope.Get(bias_name, 1);
  if (bias.size(0) < end) return x;  // a stand-in; Weights::Finish knows
  const bool whole = begin == 0 && end == weight.size(0);
  const std::string part = whole ? "" : absl::StrCat("[", begin, ":", end, "]");
  const Value product = Multiply(scope, absl::StrCat(weight_name, part, ".T"), weight, begin, end, x);
  const std::vector<float> added(bias.values.begin() + begin, bias.values.begin() + end);
  return scope.Node("Add", {product, scope.Floats(absl::StrCat(bias_name, part), {end - begin}, added)});
}

Value Linear(const Scope& scope, const Value& x) {
  return LinearRows(scope, "weight", "bias", 0, scope.Get("weight", 2).size(0), x);
}

Value LayerNorm(const Scope& scope, const Value& x) {
  return scope.Node("LayerNormalization", {x, scope.Whole("weight", 1), scope.Whole("bias", 1)},
                    {{"axis", int64_t{-1}}, {"epsilon", kLayerNormEpsilon}});
}

Value Gelu(const Scope& scope, const Value& x) {
  const Value erf = scope.Node("Erf", {scope.Node("Mul", {x, scope.Scalar(std::sqrt(0.5f))})});
  const Value twice = scope.Node("Mul", {x, scope.Node("Add", {erf, scope.Scalar(1.f)})});
  return scope.Node("Mul", {twice, scope.Scalar(0.5f)});
}

Value ConvNorm(const Scope& owner, const std::string& conv, const std::string& norm, double epsilon,
               const ConvolutionSteps& steps, const Value& x) {
  const Scope scope = owner.In(conv);
  const Weight& weight = scope.Get("weight", 5);
  const int64_t channels = weight.size(0);
  const ScaleAndShift folded = FoldedNorm(owner, norm, epsilon, channels);
  const size_t per_channel = weight.values.size() / static_cast<size_t>(channels);
  std::vector<float> kernel(weight.values.size()), bias(static_cast<size_t>(channels));
  const Weight* own_bias = scope.Has("bias") ? &scope.Get("bias", 1) : nullptr;
  for (size_t c = 0; c < bias.size(); ++c) {
    const double added = own_bias != nullptr ? own_bias->values[c] : 0;
    bias[c] = static_cast<float>(folded.shift[c] + added * folded.scale[c]);
    for (size_t i = c * per_channel; i < (c + 1) * per_channel; ++i) {
      kernel[i] = static_cast<float>(weight.values[i] * folded.scale[c]);
    }
  }
  const int64_t time = weight.size(2), space = weight.size(3);
  const int64_t around = space / 2 * steps.dilation;
  std::vector<Attribute> attributes = Padding(steps.same, {time / 2, around, around});
  attributes.push_back({"kernel_shape", std::vector<int64_t>{time, space, weight.size(4)}});
  attributes.push_back({"strides", Vector(steps.stride)});
  attributes.push_back({"dilations", std::vector<int64_t>{1, steps.dilation, steps.dilation}});
  return scope.Node("Conv",
                    {x, scope.Floats("weight", weight.shape, kernel), scope.Floats("bias", {channels}, bias)},
                    attributes);
}

Value MaxPool(const Scope& scope, const MaxPoolSteps& steps, const Value& x) {
  std::vector<Attribute> attributes = Padding(steps.same, steps.padding);
  attributes.push_back({"kernel_shape", Vector(steps.kernel)});
  attributes.push_back({"strides", Vector(steps.stride)});
  if (steps.ceil) attributes.push_back({"ceil_mode", int64_t{1}});
  return scope.Node("MaxPool", {x}, attributes);
}

Value SizeOf(const Scope& scope, const Value& x, int64_t dimension) {
  return scope.Node("Gather", {scope.Node("Shape", {x}), scope.Scalar(dimension)}, {{"axis", int64_t{0}}});
}

Value ToFloat(const Scope& scope, const Value& x) {
  return scope.Node("Cast", {x}, {{"to", int64_t{TensorProto::FLOAT}}});
}

Value ToInt(const Scope& scope, const Value& x) {
  return scope.Node("Cast", {x}, {{"to", int64_t{TensorProto::INT64}}});
}

}  // namespace mrsn::onnx
