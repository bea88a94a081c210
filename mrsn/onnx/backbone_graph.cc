#include "mrsn/onnx/backbone_graph.h"

#include <string>
#include <variant>
#include <vector>

#include "mrsn/onnx/inception_graph.h"
#include "mrsn/onnx/layers.h"
#include "mrsn/onnx/resnet_graph.h"

namespace mrsn::onnx {
namespace {

Value PoolOverTime(const Scope& scope, TemporalPool pool, const Value& x) {  // [B,C,T,h,w] -> [B,C,h,w]
  return scope.Node(pool == TemporalPool::kAverage ? "ReduceMean" : "ReduceMax", {x},
                    {{"axes", std::vector<int64_t>{2}}, {"keepdims", int64_t{0}}});
}

Value Join(const Scope& scope, const Value& a, const Value& b) {  // over channels
  return scope.Node("Concat", {a, b}, {{"axis", int64_t{1}}});
}

Value SlowFastGraph(const Scope& scope, const SlowFastOptions& options, const ClipValues& clip) {
  const Scope slow = scope.In("slow"), fast = scope.In("fast");
  const LateralOptions& lateral = options.lateral;
  Value x = ResNetStem(slow, options.slow, clip.slow), y = ResNetStem(fast, options.fast, clip.fast);
  for (size_t s = 0; s < options.slow.stages.size(); ++s) {
    const Scope from = scope.In(s == 0 ? "lateral_stem" : absl::StrCat("lateral_res", s + 1));
    Value added = ConvNorm(from, "conv", lateral.norm_and_relu ? "norm" : "", options.fast.batch_norm_epsilon,
                           {{options.alpha, 1, 1}}, y);
    if (lateral.norm_and_relu) added = from.Node("Relu", {added});
    x = ResNetStage(slow, options.slow, s, Join(from, x, added));
    y = ResNetStage(fast, options.fast, s, y);
  }
  return Join(scope, PoolOverTime(slow, options.pool, x), PoolOverTime(fast, options.pool, y));
}

Value TwoStreamGraph(const Scope& scope, const TwoStreamOptions& options, const ClipValues& clip) {
  const auto run = [&](const Scope& stream, const TwoStreamOptions::Stream& network, const Value& x) {
    const auto* resnet = std::get_if<ResNet3dOptions>(&network);
    return PoolOverTime(stream, options.pool,
                        resnet != nullptr ? ResNet(stream, *resnet, x)
                                          : Inception(stream, std::get<Inception3dOptions>(network), x));
  };
  const Value rgb = run(scope.In("rgb"), options.rgb, clip.slow),
              flow = run(scope.In("flow"), options.flow, clip.flow);
  switch (options.fusion) {
    case TwoStreamOptions::Fusion::kAverage:
      break;
    case TwoStreamOptions::Fusion::kConcatenate:
      return Join(scope, rgb, flow);
  }
  return scope.Node("Mul", {scope.Node("Add", {rgb, flow}), scope.Scalar(0.5f)});
}

struct Write {
  const Scope& scope;
  const ClipValues& clip;

  Value operator()(const SlowOnlyOptions& options) const {
    const Scope resnet = scope.In("resnet");
    return PoolOverTime(resnet, options.pool, ResNet(resnet, options.resnet, clip.slow));
  }
  Value operator()(const SlowFastOptions& options) const { return SlowFastGraph(scope, options, clip); }
  Value operator()(const Inception3dBackboneOptions& options) const {
    const Scope inception = scope.In("inception");
    return PoolOverTime(inception, options.pool, Inception(inception, options.inception, clip.slow));
  }
  Value operator()(const TwoStreamOptions& options) const { return TwoStreamGraph(scope, options, clip); }
};

struct Stride {
  int64_t operator()(const SlowOnlyOptions& options) const { return mrsn::StrideOf(options.resnet); }
  int64_t operator()(const SlowFastOptions& options) const { return mrsn::StrideOf(options.slow); }
  int64_t operator()(const Inception3dBackboneOptions& options) const {
    return mrsn::StrideOf(options.inception);
  }
  int64_t operator()(const TwoStreamOptions& options) const { return mrsn::StrideOf(options.rgb); }
};

}  // namespace

Value BackboneGraph(const Scope& scope, const BackboneOptions& options, const ClipValues& clip) {
  return std::visit(Write{scope, clip}, options);
}

int64_t StrideOf(const BackboneOptions& options) { return std::visit(Stride(), options); }

}  // namespace mrsn::onnx
