#include "mrsn/head/linear_head.h"

#include <ATen/ATen.h>

#include "mrsn/linear_init.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn {
namespace {

const RegisteredHead<LinearHead, LinearHeadOptions> kRegistered;

}  // namespace

LinearHead::LinearHead(const LinearHeadOptions& options)
    : options_(options),
      classifier_(register_module("classifier", NormalLinear(options.channels, options.classes, 0.01))) {}

HeadOutput LinearHead::Forward(const HeadInput& input, Taps* taps) {
  const auto drop = [&](const at::Tensor& x, bool here) {
    return here ? ops::PersonDropout(x, options_.dropout, is_training()) : x;
  };
  HeadOutput output;
  output.G = MaxPoolRoi(drop(input.actors, options_.dropout_before_pool));  // [N,C]
  Note(taps, "G", output.G);
  output.logits = classifier_(drop(output.G, !options_.dropout_before_pool));
  return output;
}

}  // namespace mrsn
