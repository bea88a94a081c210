#include "mrsn/baselines/non_local.h"

#include <ATen/ATen.h>

#include <limits>

#include "mrsn/linear_init.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

}  // namespace

at::Tensor LogCount(const at::Tensor& allowed, const at::Tensor& like) {
  return at::zeros(allowed.sizes(), like.options()).masked_fill(~allowed, kNever);
}

NonLocalLayer::NonLocalLayer(const NonLocalOptions& options)
    : options_(options),
      query_(register_module("query", NormalLinear(options.query_width, options.width, 0.01))),
      key_(register_module("key", NormalLinear(options.key_width, options.width, 0.01))),
      value_(register_module("value", NormalLinear(options.key_width, options.width, 0.01))),
      output_(register_module("output", NormalLinear(options.width, options.output_width, 0))),
      norm_(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})
                                                             .elementwise_affine(options.affine_norm)))) {
  if (options.query_width != options.output_width) {
    shortcut_ = register_module("shortcut", NormalLinear(options.query_width, options.output_width, 0.01));
  }
  if (options.positions > 0) {
    const at::Tensor zeros = at::zeros({options.positions, options.width});
    key_position_ = register_parameter("key_position", zeros.clone());
    value_position_ = register_parameter("value_position", zeros.clone());
  }
}

at::Tensor NonLocalLayer::Forward(const at::Tensor& x, const NonLocalKeys& keys) {
  const at::Tensor shortcut = shortcut_ ? shortcut_(x) : x;
  if (!keys.features.defined() || keys.features.size(0) == 0) return shortcut;
  TORCH_CHECK(keys.features.dim() == 2 && keys.features.size(1) == options_.key_width,
              "keys: expected width ", options_.key_width, ", got ", keys.features.sizes());
  at::Tensor key = key_(keys.features), value = value_(keys.features);  // [M,c]
  if (options_.positions > 0) {
    key = key + key_position_.index_select(0, keys.position);
    value = value + value_position_.index_select(0, keys.position);
  }
  // A query without keys sees every key, only so that its softmax has a value; the
  // value is then multiplied by 0.
  const at::Tensor has_keys = (keys.log_count != kNever).any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor bias = keys.log_count.masked_fill(~has_keys, 0);
  const at::Tensor attention = at::scaled_dot_product_attention(query_(x).unsqueeze(0), key.unsqueeze(0),
                                                                value.unsqueeze(0), bias.unsqueeze(0))
                                   .squeeze(0);  // [N,c]
  const at::Tensor output = output_(at::relu(norm_(attention)));
  return shortcut + has_keys * ops::PersonDropout(output, options_.dropout, is_training());
}

}  // namespace mrsn::baselines
