#include "mrsn/onnx/attention_graph.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mrsn/onnx/layers.h"

namespace mrsn::onnx {
namespace {

Value Unsqueeze(const Scope& scope, const Value& x, int64_t dimension) {
  return scope.Node("Unsqueeze", {x, scope.Ints({dimension})});
}
Value Squeeze(const Scope& scope, const Value& x, int64_t dimension) {
  return scope.Node("Squeeze", {x, scope.Ints({dimension})});
}

int64_t InnerWidth(const Scope& attention) { return attention.Get("in_proj_weight", 2).size(0) / 3; }

// Rows [begin, end) c of in_proj: 0 queries, 1 keys, 2 values.
Value Project(const Scope& attention, const Value& x, int64_t begin, int64_t end) {
  const int64_t c = InnerWidth(attention);
  return LinearRows(attention, "in_proj_weight", "in_proj_bias", begin * c, end * c, x);
}

Value FeedForward(const Scope& scope, const Value& x) {
  const Scope expand = scope.In("expand");
  return Linear(scope.In("contract"), Gelu(expand, Linear(expand, x)));
}

// The two lines of an encoder layer (Eq. 2, 4, 5), from the result of its attention:
//   X' = LN(attention) + X;  LN(FFN(X')) + X'.
Value AfterAttention(const Scope& layer, const Value& attention, const Value& x) {
  const Value x1 = layer.Node("Add", {LayerNorm(layer.In("attention_norm"), attention), x});
  return layer.Node("Add", {LayerNorm(layer.In("ffn_norm"), FeedForward(layer.In("ffn"), x1)), x1});
}

// Self-attention, "layer0", "layer1", ... x [n,T,d].
Value Encoder(const Scope& scope, int64_t layers, int64_t heads, Value x, const Value& allowed) {
  for (int64_t k = 0; k < layers; ++k) {
    const Scope layer = scope.In(absl::StrCat("layer", k));
    x = AfterAttention(layer, Attention(layer.In("attention"), heads, x, x, allowed), x);
  }
  return x;
}

RelationValues Rse(const Scope& scope, const MrseOptions& options, RelationValues relations) {
  for (int64_t k = 0; k < options.rse_layers; ++k) {
    const Scope x_layer = scope.In(absl::StrCat("x_layer", k)),
                y_layer = scope.In(absl::StrCat("y_layer", k));
    // Softmax over the single key Y is 1 whatever the query: each token of X gets W^O W^V Y.
    const Scope to_x = x_layer.In("attention"), to_y = y_layer.In("attention");
    const Value of_y = Linear(to_x.In("out_proj"), Project(to_x, relations.Y, 2, 3));  // [N,d]
    const Value of_x =
        Squeeze(to_y, Attention(to_y, options.heads, Unsqueeze(to_y, relations.Y, 1), relations.X), 1);
    relations = {AfterAttention(x_layer, Unsqueeze(to_x, of_y, 1), relations.X),
                 AfterAttention(y_layer, of_x, relations.Y)};
  }
  return relations;
}

}  // namespace

Value Attention(const Scope& scope, int64_t heads, const Value& x, const Value& y, const Value& allowed) {
  const int64_t c = InnerWidth(scope), e = c / heads;
  const auto split = [&](const Value& t, const std::vector<int64_t>& order) {  // of [n,T,H,e]
    const Value by_head = scope.Node("Reshape", {t, scope.Ints({0, 0, heads, e})});
    return scope.Node("Transpose", {by_head}, {{"perm", order}});
  };
  const Value scale = scope.Scalar(1 / std::sqrt(static_cast<float>(e)));
  const Value q = split(scope.Node("Mul", {Project(scope, x, 0, 1), scale}), {0, 2, 1, 3});  // [n,H,Q,e]
  const std::vector<Value> kv =
      scope.Node("Split", {Project(scope, y, 1, 3), scope.Ints({c, c})}, 2, {{"axis", int64_t{-1}}});
  Value scores = scope.Node("MatMul", {q, split(kv[0], {0, 2, 3, 1})});  // [n,H,Q,S]
  if (!allowed.empty()) {
    scores = scope.Node("Where", {allowed, scores, scope.Scalar(std::numeric_limits<float>::lowest())});
  }
  const Value weights = scope.Node("Softmax", {scores}, {{"axis", int64_t{-1}}});
  const Value heads_out = scope.Node("MatMul", {weights, split(kv[1], {0, 2, 1, 3})});  // [n,H,Q,e]
  const Value together = scope.Node("Transpose", {heads_out}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  return Linear(scope.In("out_proj"), scope.Node("Reshape", {together, scope.Ints({0, 0, c})}));
}

Value SameClip(const Scope& scope, const Value& a, const Value& b) {
  return scope.Node("Equal", {Unsqueeze(scope, a, 1), Unsqueeze(scope, b, 0)});
}

RelationValues Mrse(const Scope& scope, const MrseOptions& options, RelationValues relations,
                    const Value& same_clip) {
  if (options.acre_layers > 0) {
    relations.X = Encoder(scope.In("acre"), options.acre_layers, options.heads, relations.X, "");
  }
  if (options.aare_layers > 0) {  // the persons of all clips are one sequence
    const Scope aare = scope.In("aare");
    relations.Y = Squeeze(
        aare, Encoder(aare, options.aare_layers, options.heads, Unsqueeze(aare, relations.Y, 0), same_clip),
        0);
  }
  return options.rse_layers > 0 ? Rse(scope.In("rse"), options, relations) : relations;
}

Value LongTermSupport(const Scope& scope, const MrsnHeadOptions& options, const Value& G,
                      const Value& clip_index, const BankValues& bank) {
  const Value second = scope.Node("Add", {bank.offset, scope.Scalar(options.long_term->window_seconds)});
  const Weight& distances = scope.Get("distance_embedding", 2);
  const Value distance =
      scope.Node("Gather", {scope.Whole("distance_embedding", 2), second}, {{"axis", int64_t{0}}});
  // One more key, of no clip, so that no operator meets an empty dimension when the bank is empty.
  const int64_t g = distances.size(1);
  const Value nothing = scope.Floats("no_entry", {1, g}, std::vector<float>(static_cast<size_t>(g), 0));
  const auto append = [&](const Value& x, const Value& one) {
    return scope.Node("Concat", {x, one}, {{"axis", int64_t{0}}});
  };
  const Value keys = append(scope.Node("Add", {bank.features, distance}), nothing);                // [M+1,g]
  const Value in_window = SameClip(scope, clip_index, append(bank.clip_index, scope.Ints({-1})));  // [N,M+1]
  const Value has_window = scope.Node("ReduceMax", {ToFloat(scope, in_window)},
                                      {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{1}}});
  // A person whose window is empty sees every key, only so that its softmax has a value; the value is then
  // multiplied by 0.
  const Value allowed = scope.Node("Or", {in_window, scope.Node("Equal", {has_window, scope.Scalar(0.f)})});
  const Value attention = Attention(scope.In("attention"), options.mrse.heads, Unsqueeze(scope, G, 0),
                                    Unsqueeze(scope, keys, 0), allowed);
  const Value support = LayerNorm(scope.In("norm"), Squeeze(scope, attention, 0));
  return scope.Node("Add", {scope.Node("Mul", {support, has_window}), G});
}

}  // namespace mrsn::onnx
