#include "mrsn/baselines/context_average/context_average_head.h"

#include <ATen/ATen.h>

#include "mrsn/linear_init.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

const RegisteredHead<ContextAverageHead, ContextAverageHeadOptions> kRegistered;

}  // namespace

ContextAverageHead::ContextAverageHead(const ContextAverageHeadOptions& options)
    : options_(options),
      classifier_(register_module("classifier",
                                  NormalLinear(NeedsOf(options).relation_width, options.classes, 0.01))) {}

HeadOutput ContextAverageHead::Forward(const HeadInput& input, Taps* taps) {
  const at::Tensor context = input.features.mean({2, 3});  // [B,C]
  HeadOutput output;
  output.G = at::cat({MaxPoolRoi(input.actors), context.index_select(0, input.clip_index)}, 1);  // [N,2C]
  Note(taps, "G", output.G);
  output.logits = classifier_(ops::PersonDropout(output.G, options_.dropout, is_training()));
  return output;
}

}  // namespace mrsn::baselines
