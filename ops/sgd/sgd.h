// torch::optim::SGD, each parameter updated in one pass over memory instead of six.
#ifndef MRSN_OPS_SGD_SGD_H_
#define MRSN_OPS_SGD_SGD_H_

#include <torch/optim/sgd.h>

namespace mrsn::ops {

// The same options and state, and up to rounding the same updates, as torch::optim::SGD:
//   g += weight_decay p;  v = momentum v + (1 - dampening) g (v = g the first time);
//   g = nesterov ? g + momentum v : v;  p -= lr g
class Sgd : public torch::optim::SGD {
 public:
  using torch::optim::SGD::SGD;

  // Parameters without a gradient are left alone. A closure is not supported: throws.
  torch::Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_SGD_SGD_H_
