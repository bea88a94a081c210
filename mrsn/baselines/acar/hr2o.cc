#include "mrsn/baselines/acar/hr2o.h"

#include <ATen/ATen.h>

#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {

Hr2o::Hr2o(const Hr2oOptions& options) : dropout_(options.dropout) {
  const auto conv = [&](const char* name, int64_t kernel) {
    TORCH_CHECK(kernel % 2 == 1, "HR2O: kernel ", kernel, " is not odd");
    return register_module(
        name,
        torch::nn::Conv2d(
            torch::nn::Conv2dOptions(options.width, options.width, kernel).padding(kernel / 2).bias(false)));
  };
  query_ = conv("query", options.kernel);
  key_ = conv("key", options.kernel);
  value_ = conv("value", options.kernel);
  output_ = conv("output", options.output_kernel);
  norm_ = register_module("norm", torch::nn::GroupNorm(torch::nn::GroupNormOptions(1, options.width)));
}

at::Tensor Hr2o::Forward(const at::Tensor& maps, const at::Tensor& others, const at::Tensor& related) {
  // Each cell is a sequence of its own: [N,c,h,w] -> [hw,1,N,c].
  const auto by_cell = [](const at::Tensor& x) { return x.flatten(2).permute({2, 0, 1}).unsqueeze(1); };
  // A person related to none sees everybody, only so that the softmax has a value;
  // the value is then multiplied by 0.
  const at::Tensor has_related = related.any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor attention =
      at::scaled_dot_product_attention(by_cell(query_(maps)), by_cell(key_(others)), by_cell(value_(others)),
                                       related | ~has_related);  // [hw,1,N,c]
  const at::Tensor relations = attention.squeeze(1).permute({1, 2, 0}).reshape(maps.sizes());
  const at::Tensor output = output_(at::relu(norm_(relations)));
  return maps + has_related.unsqueeze(2).unsqueeze(3) * ops::PersonDropout(output, dropout_, is_training());
}

}  // namespace mrsn::baselines
