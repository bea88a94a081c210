#include "mrsn/onnx/inception_graph.h"

#include <vector>

#include "mrsn/onnx/layers.h"

namespace mrsn::onnx {
namespace {

// A convolution, or a spatial and a temporal one, each with batch norm and ReLU; a gate if there is one.
Value Unit(const Scope& scope, const Inception3dOptions& options, int64_t stride, const Value& x) {
  const bool separable = scope.Has("conv3d_t.weight");
  const auto conv = [&](const std::string& name, const std::string& norm, const Extents& strides,
                        const Value& input) {
    const ConvolutionSteps steps = {strides, /*dilation=*/1, /*same=*/true};
    return scope.Node("Relu", {ConvNorm(scope, name, norm, options.batch_norm_epsilon, steps, input)});
  };
  Value y = conv("conv3d", "bn", {separable ? 1 : stride, stride, stride}, x);
  if (separable) y = conv("conv3d_t", "bn_t", {stride, 1, 1}, y);
  if (!scope.Has("gate.weight")) return y;
  const Scope inside = scope.In("gate");
  const Value mean = inside.Node(
      "ReduceMean", {y}, {{"axes", std::vector<int64_t>{2, 3, 4}}, {"keepdims", int64_t{0}}});  // [B,C]
  const Value gate = inside.Node("Sigmoid", {Linear(inside, mean)});
  return inside.Node("Mul", {y, inside.Node("Unsqueeze", {gate, inside.Ints({2, 3, 4})})});
}

Value Pool(const Scope& scope, const Extents& kernel, const Extents& stride, const Value& x) {
  return MaxPool(scope, {kernel, stride, {0, 0, 0}, /*ceil=*/false, /*same=*/true}, x);
}

Value Module(const Scope& scope, const Inception3dOptions& options, const Value& x) {
  const auto unit = [&](const std::string& name, const Value& input) {
    return Unit(scope.In(name), options, 1, input);
  };
  const Value pooled = Pool(scope, {3, 3, 3}, {1, 1, 1}, x);
  return scope.Node(
      "Concat",
      {unit("b0", x), unit("b1b", unit("b1a", x)), unit("b2b", unit("b2a", x)), unit("b3b", pooled)},
      {{"axis", int64_t{1}}});
}

Value Step(const Scope& scope, const Inception3dOptions& options, InceptionStep step, const Value& x) {
  const int64_t last = options.last_stride;
  switch (step) {
    case InceptionStep::kConv1a:
      return Unit(scope, options, 2, x);
    case InceptionStep::kConv2b:
    case InceptionStep::kConv2c:
      return Unit(scope, options, 1, x);
    case InceptionStep::kPool2a:
    case InceptionStep::kPool3a:
      return Pool(scope, {1, 3, 3}, {1, 2, 2}, x);
    case InceptionStep::kPool4a:
      return Pool(scope, {3, 3, 3}, {2, 2, 2}, x);
    case InceptionStep::kPool5a:
      return Pool(scope, {2, last, last}, {2, last, last}, x);
    default:
      return Module(scope, options, x);
  }
}

}  // namespace

Value Inception(const Scope& scope, const Inception3dOptions& options, Value x) {
  for (int s = 0; s <= static_cast<int>(options.last); ++s) {
    const auto step = static_cast<InceptionStep>(s);
    x = Step(scope.In(NameOf(step)), options, step, x);
  }
  return x;
}

}  // namespace mrsn::onnx
