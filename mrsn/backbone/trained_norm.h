// Batch norms in training, when one backward pass follows several forward passes.
#ifndef MRSN_MRSN_BACKBONE_TRAINED_NORM_H_
#define MRSN_MRSN_BACKBONE_TRAINED_NORM_H_

#include <ATen/ATen.h>

namespace mrsn {

// Calls forward(mean, variance) with copies of the norm's running statistics, which it changes in place, and
// keeps the changed values. A graph refers to the statistics that its forward pass was given, and autograd
// refuses a graph whose tensors were changed since: without copies, a batch of clips of two sizes, which the
// model sees one size after the other, could not be trained. `Norm` is a torch::nn::BatchNorm2d or 3d.
template <typename Norm, typename Forward>
at::Tensor WithOwnStatistics(Norm& norm, Forward forward) {
  at::Tensor mean = norm->running_mean.clone(), variance = norm->running_var.clone();
  const at::Tensor output = forward(mean, variance);
  const at::NoGradGuard no_grad;
  norm->running_mean.copy_(mean);
  norm->running_var.copy_(variance);
  return output;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_TRAINED_NORM_H_
