#include "mrsn/baselines/acrn/acrn_head.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>

#include <string>

#include "mrsn/backbone/trained_norm.h"
#include "mrsn/linear_init.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

const RegisteredHead<AcrnHead, AcrnHeadOptions> kRegistered;

at::Tensor NormRelu(torch::nn::BatchNorm2d& norm, const at::Tensor& x) {
  return norm->is_training() ? TrainedNorm(norm, x, /*residual=*/{}, /*relu=*/true) : at::relu(norm(x));
}

}  // namespace

AcrnHead::AcrnHead(const AcrnHeadOptions& options)
    : options_(options),
      classifier_(register_module("classifier", NormalLinear(options.width, options.classes, 0.01))) {
  for (int64_t layer = 0; layer <= options.layers; ++layer) {
    const int64_t input = layer == 0 ? 2 * options.channels : options.width, kernel = layer == 0 ? 1 : 3;
    const std::string name = "relation" + std::to_string(layer);
    convolutions_.push_back(register_module(
        name, torch::nn::Conv2d(
                  torch::nn::Conv2dOptions(input, options.width, kernel).padding(kernel / 2).bias(false))));
    torch::nn::init::kaiming_normal_(convolutions_.back()->weight, 0, torch::kFanOut, torch::kReLU);
    norms_.push_back(register_module(name + "_norm", torch::nn::BatchNorm2d(options.width)));
  }
}

HeadOutput AcrnHead::Forward(const HeadInput& input, Taps* taps) {
  const at::Tensor context = input.features.index_select(0, input.clip_index);  // [N,C,h,w]
  const at::Tensor persons = MaxPoolRoi(input.actors).unsqueeze(2).unsqueeze(3).expand_as(context);
  at::Tensor relations = at::cat({persons, context}, 1);  // [N,2C,h,w]
  for (size_t layer = 0; layer < convolutions_.size(); ++layer) {
    relations = NormRelu(norms_[layer], convolutions_[layer](relations));  // [N,d,h,w]
  }
  HeadOutput output;
  output.G = MaxPoolRoi(relations);
  Note(taps, "relations", relations);
  Note(taps, "G", output.G);
  // Before the pooling, as mmaction2: another cell may then be the largest.
  const at::Tensor dropped = ops::PersonDropout(relations, options_.dropout, is_training());
  output.logits = classifier_(MaxPoolRoi(dropped));
  return output;
}

}  // namespace mrsn::baselines
