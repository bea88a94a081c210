// Activation checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a part of a
// network keeps its input only, and is computed again when the backward pass needs what lies between.
//
//   at::Tensor Stage::Forward(const at::Tensor& x) {
//     return ops::Recomputed([this] { return parameters(); }, x,
//                            [this](const at::Tensor& y) { return Blocks(y); });
//   }
//   ...
//   const ops::RecomputeScope scope;  // without it Recomputed calls the function, and no more
//   loss = model.Loss(..);
#ifndef MRSN_OPS_RECOMPUTE_RECOMPUTE_H_
#define MRSN_OPS_RECOMPUTE_RECOMPUTE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace mrsn::ops {

// While it lives, Recomputed on this thread keeps inputs only. Nested scopes are one.
class RecomputeScope {
 public:
  explicit RecomputeScope(bool on = true);
  ~RecomputeScope();
  RecomputeScope(const RecomputeScope&) = delete;
  RecomputeScope& operator=(const RecomputeScope&) = delete;

 private:
  const bool outer_;
};

using Part = std::function<at::Tensor(const at::Tensor& x)>;
using PartParameters = std::function<std::vector<at::Tensor>()>;

// part(x). `parameters` gives all trained tensors that the part reads beside x; it reads no other one that
// has gradients. In a RecomputeScope and with gradients, the part runs now and once more in each backward
// pass, there with the random numbers, the autocast and the ranks of norms (ops/norm_relu) of now: loss and
// gradients have the same bits as without. The part must live until the backward pass, must not change x or
// drop persons (ops/dropout), and must leave alone whatever remembers in the second run: it asks
// Recomputing(). There is no second derivative.
at::Tensor Recomputed(const PartParameters& parameters, const at::Tensor& x, const Part& part);

// Whether this thread runs a part for the second time. Running statistics have had their update then.
bool Recomputing();

}  // namespace mrsn::ops

#endif  // MRSN_OPS_RECOMPUTE_RECOMPUTE_H_
