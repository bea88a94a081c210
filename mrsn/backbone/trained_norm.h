// Batch norms in training: when one backward pass follows several forward passes, when a part of the network
// is computed twice, and when several processes share a batch.
#ifndef MRSN_MRSN_BACKBONE_TRAINED_NORM_H_
#define MRSN_MRSN_BACKBONE_TRAINED_NORM_H_

#include <ATen/ATen.h>

#include "ops/norm_relu/norm_relu.h"
#include "ops/norm_relu/synced_norms.h"
#include "ops/recompute/recompute.h"

namespace mrsn {

// The norm in training mode, then the sum with `residual`, if it is defined, and ReLU, if `relu`. Statistics
// are those of x, or of the x of all ranks in an ops::SyncedNormsScope. Running statistics change once, and
// stay as they are while a part is computed again (ops/recompute). `Norm` is a torch::nn::BatchNorm2d or 3d.
//
// A graph refers to the statistics that its forward pass was given, and autograd refuses a graph whose
// tensors were changed since: without copies, a batch of clips of two sizes, which the model sees one size
// after the other, could not be trained.
template <typename Norm>
at::Tensor TrainedNorm(Norm& norm, const at::Tensor& x, const at::Tensor& residual, bool relu) {
  at::Tensor mean = norm->running_mean.clone(), variance = norm->running_var.clone();
  ops::NormReluOptions options;
  options.momentum = *norm->options.momentum();
  options.eps = norm->options.eps();
  options.relu = relu;
  options.ranks = ops::SyncedNormsScope::Ranks();
  const at::Tensor output =
      ops::BatchNormRelu(x, norm->weight, norm->bias, mean, variance, residual, options);
  if (ops::Recomputing()) return output;
  const at::NoGradGuard no_grad;
  norm->num_batches_tracked.add_(1);
  norm->running_mean.copy_(mean);
  norm->running_var.copy_(variance);
  return output;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_TRAINED_NORM_H_
