#include "mrsn/onnx/head_graph.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mrsn/onnx/layers.h"

namespace mrsn::onnx {
namespace {

using Axes = std::vector<int64_t>;

Value Reduce(const Scope& scope, const std::string& op, const Value& x, const Axes& axes) {
  return scope.Node(op, {x}, {{"axes", axes}, {"keepdims", int64_t{0}}});
}
Value Gather(const Scope& scope, const Value& x, const Value& indices, int64_t axis) {
  return scope.Node("Gather", {x, indices}, {{"axis", axis}});
}
Value Concat(const Scope& scope, const std::vector<Value>& parts, int64_t axis) {
  return scope.Node("Concat", parts, {{"axis", axis}});
}

// Adaptive average pooling of the dimension `from` of x to `size` cells, as a matrix [size,n]: cell i is the
// mean of the cells from floor(i n / size) to ceil((i + 1) n / size).
Value PoolingMatrix(const Scope& scope, const Value& x, int64_t from, int64_t size) {
  Axes first(static_cast<size_t>(size)), last(static_cast<size_t>(size));
  for (int64_t i = 0; i < size; ++i) {
    first[i] = i;
    last[i] = i + 1;
  }
  const auto column = [&](const Axes& values) {
    return scope.Node("Unsqueeze", {scope.Ints(values), scope.Ints({1})});  // [size,1]
  };
  const Value n = SizeOf(scope, x, from), cells = scope.Scalar(size);
  const Value begin = scope.Node("Div", {scope.Node("Mul", {column(first), n}), cells});
  const Value rounded_up = scope.Node("Add", {scope.Node("Mul", {column(last), n}), scope.Scalar(size - 1)});
  const Value end = scope.Node("Div", {rounded_up, cells});
  const Value cell = scope.Node("Range", {scope.Scalar(int64_t{0}), n, scope.Scalar(int64_t{1})});  // [n]
  const Value covered = scope.Node(
      "And", {scope.Node("GreaterOrEqual", {cell, begin}), scope.Node("Less", {cell, end})});  // [size,n]
  return scope.Node("Div", {ToFloat(scope, covered), ToFloat(scope, scope.Node("Sub", {end, begin}))});
}

// R_i + E_i [B,L,d].
Value ContextTokens(const Scope& scope, const MrsnHeadOptions& options, const Value& features) {
  const int64_t S = options.support_size, p = options.patch_size, L = (S / p) * (S / p);
  const Value across =
      scope.Node("Transpose", {PoolingMatrix(scope, features, 3, S)}, {{"perm", Axes{1, 0}}});
  const Value down = PoolingMatrix(scope, features, 2, S);
  const Value pooled = scope.Node("MatMul", {down, scope.Node("MatMul", {features, across})});  // [B,C,S,S]
  const Scope patch = scope.In("patch");
  const Value patches = patch.Node("Conv", {pooled, patch.Whole("weight", 4), patch.Whole("bias", 1)},
                                   {{"kernel_shape", Axes{p, p}}, {"strides", Axes{p, p}}});  // [B,d,S/p,S/p]
  const Value rows = patch.Node(
      "Reshape", {patches, patch.Ints({0, options.mrse.width, L})});  // [B,d,L], patches row by row
  const Value tokens = patch.Node("Transpose", {rows}, {{"perm", Axes{0, 2, 1}}});
  return scope.Node("Add", {tokens, scope.Whole("context_embedding", 2)});
}

// R_A [N,d].
Value ActorTokens(const Scope& scope, const MrsnHeadOptions& options, const Value& actors) {
  const Scope actor = scope.In("actor");
  switch (options.actor_token) {
    case ActorToken::kMax:
      break;
    case ActorToken::kAverage:
      return Linear(actor, Reduce(actor, "ReduceMean", actors, {2, 3}));
    case ActorToken::kFlatten: {
      const int64_t length = options.channels * options.roi_size * options.roi_size;
      return Linear(actor, actor.Node("Reshape", {actors, actor.Ints({0, length})}));
    }
  }
  return Linear(actor, Reduce(actor, "ReduceMax", actors, {2, 3}));
}

// E_A^n [N,d], Eq. 3.
Value ActorPosition(const Scope& scope, int64_t grid, const Value& boxes) {
  const auto corner = [&](int64_t begin) {
    return scope.Node("Slice", {boxes, scope.Ints({begin}), scope.Ints({begin + 2}), scope.Ints({1})});
  };
  const Value centre =
      scope.Node("Mul", {scope.Node("Add", {corner(0), corner(2)}), scope.Scalar(0.5f)});  // [N,2] x, y
  const Value size = scope.Scalar(static_cast<float>(grid));
  const Value cell = scope.Node("Ceil", {scope.Node("Mul", {centre, size})});
  const Value inside = scope.Node("Min", {scope.Node("Max", {cell, scope.Scalar(1.f)}), size});
  const Value number = scope.Node("Sub", {ToInt(scope, inside), scope.Scalar(int64_t{1})});
  const Value x = Gather(scope, number, scope.Scalar(int64_t{0}), 1),
              y = Gather(scope, number, scope.Scalar(int64_t{1}), 1);
  const Value index = scope.Node("Add", {scope.Node("Mul", {y, scope.Scalar(grid)}), x});
  return Gather(scope, scope.Whole("embedding", 2), index, 0);
}

// G [N,g], Eq. 7.
Value RelationFeatures(const Scope& scope, const RelationValues& relations) {
  std::vector<Value> parts;
  if (!relations.X.empty()) {
    parts.push_back(Gather(scope, relations.X, scope.Scalar(int64_t{0}), 1));
    const Value context =
        scope.Node("Slice", {relations.X, scope.Ints({1}), scope.Ints({INT64_MAX}), scope.Ints({1})});
    parts.push_back(Reduce(scope, "ReduceMean", context, {1}));
  }
  if (!relations.Y.empty()) parts.push_back(relations.Y);
  return parts.size() == 1 ? parts.front() : Concat(scope, parts, 1);
}

struct Write {
  const Scope& scope;
  const HeadValues& input;

  Value MaxPooled() const { return Reduce(scope, "ReduceMax", input.actors, {2, 3}); }  // [N,C]

  Value operator()(const LinearHeadOptions&) const { return Linear(scope.In("classifier"), MaxPooled()); }

  Value operator()(const MrsnHeadOptions& options) const {
    const Scope embedder = scope.In("embedder");
    const Value actors = ActorTokens(embedder, options, input.actors);
    RelationValues relations;
    if (options.mrse.acre_layers > 0) {
      const Value context =
          Gather(embedder, ContextTokens(embedder, options, input.features), input.clip_index, 0);  // [N,L,d]
      const Value actor = embedder.Node("Add", {actors, embedder.Whole("actor_embedding", 1)});
      relations.X = Concat(embedder, {embedder.Node("Unsqueeze", {actor, embedder.Ints({1})}), context}, 1);
    }
    Value same_clip;
    if (options.mrse.aare_layers > 0) {
      const Scope position = scope.In("actor_position");
      const Value place = ActorPosition(position, options.support_size / options.patch_size, input.boxes);
      relations.Y = position.Node("Add", {actors, place});
      same_clip = SameClip(scope, input.clip_index, input.clip_index);
    }
    for (int64_t b = 0; b < options.blocks; ++b) {
      relations = Mrse(scope.In(absl::StrCat("mrse", b)), options.mrse, relations, same_clip);
    }
    Value G = RelationFeatures(scope, relations);
    if (options.long_term) {
      G = LongTermSupport(scope.In("long_term"), options, G, input.clip_index, input.bank);
    }
    const Scope mlp = scope.In("mlp"), hidden = mlp.In("hidden");
    if (options.mlp_layers == 2) G = Gelu(hidden, Linear(hidden, G));
    return Linear(mlp.In("classifier"), G);
  }

  Value operator()(const baselines::ContextAverageHeadOptions&) const {
    const Value context =
        Gather(scope, Reduce(scope, "ReduceMean", input.features, {2, 3}), input.clip_index, 0);
    return Linear(scope.In("classifier"), Concat(scope, {MaxPooled(), context}, 1));
  }

  template <typename Other>
  Value operator()(const Other&) const {
    return "";  // CheckHead has refused it
  }
};

}  // namespace

Value RoiGraph(const Scope& scope, const RoiFeatureOptions& options, const Value& features, const Value& slow,
               const Value& boxes, const Value& clip_index, int64_t stride) {
  const auto width_and_height = [&](const Value& x, int64_t x_dimension) {
    return ToFloat(scope,
                   Gather(scope, scope.Node("Shape", {x}),
                          scope.Ints({x_dimension, x_dimension - 1, x_dimension, x_dimension - 1}), 0));
  };
  Value size;  // [4] pixels of the frame, x y x y
  switch (options.scale) {
    case RoiScale::kStride:
      size = width_and_height(slow, 4);
      break;
    case RoiScale::kMapSize:
      size = scope.Node("Mul", {width_and_height(features, 3), scope.Scalar(static_cast<float>(stride))});
      break;
  }
  return scope.Node(
      "RoiAlign", {features, scope.Node("Mul", {boxes, size}), clip_index},
      {{"mode", "avg"},
       {"output_height", options.output_size},
       {"output_width", options.output_size},
       {"sampling_ratio", options.sampling_ratio},
       {"spatial_scale", 1.f / static_cast<float>(stride)},
       {"coordinate_transformation_mode", options.aligned ? "half_pixel" : "output_half_pixel"}});
}

Value HeadGraph(const Scope& scope, const HeadOptions& options, const HeadValues& input) {
  return std::visit(Write{scope, input}, options);
}

}  // namespace mrsn::onnx
