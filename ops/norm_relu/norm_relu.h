// Batch norm, the residual sum and ReLU of a residual network in one operation, for training on the CPU.
//
//   y = act(gamma * (x - mean) / sqrt(var + eps) + beta + residual),   act = max(., 0) or nothing
//
// Mean and (biased) variance are those of the batch, per channel over all other dimensions (Ioffe and
// Szegedy, "Batch Normalization", alg. 1). Running statistics follow torch.nn.BatchNorm:
//
//   running = (1 - momentum) * running + momentum * batch,   with the unbiased variance in running_var.
//
// Float32 CPU tensors in channels_last (4-D) or channels_last_3d (5-D) take fused kernels: one pass that
// reads x, one that writes y; backward likewise. Everything else gives the same values by at::batch_norm,
// add_ and relu_. Results of the fused kernels do not depend on the number of threads.
//
// With NormReluOptions::ranks the batch is that of all ranks (Peng et al. 2018, "MegDet", sec. 3.3): each
// rank normalises its own x with the mean and variance over all of them, and the gradient of x takes the
// others' gradients into account. Gradients of gamma and beta are this rank's share: their sum over the ranks
// is that of the whole batch. Each pass adds 2C + 1 numbers over the ranks.
//
// Example:
//   y = BatchNormRelu(conv(x), gamma, beta, running_mean, running_var, shortcut, {});
#ifndef MRSN_OPS_NORM_RELU_NORM_RELU_H_
#define MRSN_OPS_NORM_RELU_NORM_RELU_H_

#include "ATen/core/Tensor.h"
#include "ops/norm_relu/synced_norms.h"

namespace mrsn::ops {

struct NormReluOptions {
  // The weight of this batch in the running statistics.
  double momentum = 0.1;
  double eps = 1e-5;
  bool relu = true;
  // Who shares the batch. x may then be empty on some ranks. Null: nobody.
  c10::intrusive_ptr<NormRanks> ranks = {};
};

// x             [B,C,...]
// gamma, beta   [C]
// running_mean, running_var  [C], updated in place (not if x has no elements on any rank)
// residual      x's sizes and type, any layout, or undefined
// returns       [B,C,...], x's type and layout
//
// Gradients flow to x, gamma, beta and residual. The fused kernels and norms over ranks have no second
// derivative: asking for it throws. ReLU's mask is where y > 0; with a residual y itself is kept for that (so
// changing it in place is an error), without one y is computed again from x.
//
// Throws c10::Error for sizes that do not fit, and if there is one value per channel over all ranks, which
// has no unbiased variance (torch.nn.BatchNorm throws likewise).
at::Tensor BatchNormRelu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                         at::Tensor running_mean, at::Tensor running_var, const at::Tensor& residual,
                         const NormReluOptions& options);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_NORM_RELU_NORM_RELU_H_
