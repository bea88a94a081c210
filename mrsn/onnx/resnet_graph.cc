#include "mrsn/onnx/resnet_graph.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "mrsn/onnx/layers.h"

namespace mrsn::onnx {
namespace {

using Block = ResNet3dOptions::Block;

Value Relu(const Scope& scope, const Value& x) { return scope.Node("Relu", {x}); }

// ReLU(branch(x) + shortcut(x)).
Value ResidualBlock(const Scope& scope, const ResNet3dOptions& options, const ResNet3dOptions::Stage& stage,
                    int64_t stride, const Value& x) {
  const auto conv = [&](const std::string& suffix, int64_t step, int64_t dilation, const Value& input) {
    return ConvNorm(scope, "conv_" + suffix, "norm_" + suffix, options.batch_norm_epsilon,
                    {{1, step, step}, dilation}, input);
  };
  const bool bottleneck = options.block == Block::kBottleneck;
  Value branch = bottleneck ? conv("a", 1, 1, x) : conv("a", stride, stage.dilation, x);
  branch = conv("b", bottleneck ? stride : 1, stage.dilation, Relu(scope, branch));
  if (bottleneck) branch = conv("c", 1, 1, Relu(scope, branch));
  Value shortcut = x;
  if (scope.Has("shortcut.weight")) {
    shortcut =
        ConvNorm(scope, "shortcut", "shortcut_norm", options.batch_norm_epsilon, {{1, stride, stride}}, x);
  }
  return Relu(scope, scope.Node("Add", {branch, shortcut}));
}

// x + norm(W_out(f(theta(x), phi(x')) g(x'))), x' = x pooled.
Value NonLocal(const Scope& scope, const ResNet3dOptions& options, const Value& x) {
  const auto& pool = options.nonlocal.pool;
  const bool pooled = std::any_of(pool.begin(), pool.end(), [](int64_t p) { return p > 1; });
  const Value keys_from = pooled ? MaxPool(scope, {pool, pool}, x) : x;
  const int64_t inner = scope.Get("theta.weight", 5).size(0);
  const auto map = [&](const std::string& name, const Value& input) {
    return ConvNorm(scope, name, "", 0, {}, input);
  };
  const auto columns = [&](const Value& maps) {  // [B,c,T,h,w] -> [B,c,P]
    return scope.Node("Reshape", {maps, scope.Ints({0, inner, -1})});
  };
  const auto transposed = [&](const Value& t) {
    return scope.Node("Transpose", {t}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  };
  const Value queries = map("theta", x);
  const Value theta = transposed(columns(queries)), phi = columns(map("phi", keys_from)),
              g = transposed(columns(map("g", keys_from)));
  Value affinity = scope.Node("MatMul", {theta, phi});  // [B,P,P']
  switch (options.nonlocal.affinity) {
    case NonLocalOptions::Affinity::kDotProduct:
      affinity = scope.Node("Div", {affinity, ToFloat(scope, SizeOf(scope, phi, 2))});
      break;
    case NonLocalOptions::Affinity::kSoftmax:
      affinity = scope.Node("Div", {affinity, scope.Scalar(std::sqrt(static_cast<float>(inner)))});
      affinity = scope.Node("Softmax", {affinity}, {{"axis", int64_t{-1}}});
      break;
  }
  const Value mixed = scope.Node(
      "Reshape", {transposed(scope.Node("MatMul", {affinity, g})), scope.Node("Shape", {queries})});
  return scope.Node("Add", {ConvNorm(scope, "out", "norm", options.batch_norm_epsilon, {}, mixed), x});
}

}  // namespace

Value ResNetStem(const Scope& scope, const ResNet3dOptions& options, const Value& x) {
  const ConvolutionSteps steps = {{1, options.stem_stride, options.stem_stride}};
  const Value y = Relu(scope, ConvNorm(scope, "stem", "stem_norm", options.batch_norm_epsilon, steps, x));
  if (!options.stem_pool) return y;
  const int64_t padding = options.stem_pool_padding ? 1 : 0;
  return MaxPool(scope.In("stem_pool"), {{1, 3, 3}, {1, 2, 2}, {0, padding, padding}}, y);
}

Value ResNetStage(const Scope& scope, const ResNet3dOptions& options, size_t index, Value x) {
  const ResNet3dOptions::Stage& stage = options.stages[index];
  const std::string name = absl::StrCat("res", index + 2);
  for (int64_t b = 0; b < stage.blocks; ++b) {
    const std::string block = absl::StrCat(name, "_", b);
    x = ResidualBlock(scope.In(block), options, stage, b == 0 ? stage.stride : 1, x);
    if (std::count(stage.nonlocal.begin(), stage.nonlocal.end(), b) > 0) {
      x = NonLocal(scope.In(block + "_nonlocal"), options, x);
    }
  }
  if (index > 0 || options.res2_pool == 1) return x;
  const Extents frames = {options.res2_pool, 1, 1};
  return MaxPool(scope.In("res2_pool"), {frames, frames, {0, 0, 0}, /*ceil=*/true}, x);
}

Value ResNet(const Scope& scope, const ResNet3dOptions& options, const Value& x) {
  Value y = ResNetStem(scope, options, x);
  for (size_t s = 0; s < options.stages.size(); ++s) y = ResNetStage(scope, options, s, y);
  return y;
}

}  // namespace mrsn::onnx
