// torch::optim::SGD, each parameter updated in one pass over memory instead of six.
#ifndef MRSN_OPS_SGD_SGD_H_
#define MRSN_OPS_SGD_SGD_H_

#include <torch/optim/sgd.h>

namespace mrsn::ops {

// Options and state are those of torch::optim::SGD, and so are the updates up to rounding:
//   g += weight_decay p;  v = momentum v + (1 - dampening) g (v = g the first time);
//   g = nesterov ? g + momentum v : v;  p -= lr g
class Sgd : public torch::optim::SGD {
 public:
  using torch::optim::SGD::SGD;

  // Does not change parameters without a gradient. Throws if given a closure.
  torch::Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_SGD_SGD_H_
