#include "ops/sgd/sgd.h"

#include <ATen/ATen.h>

#include <memory>
#include <vector>

namespace mrsn::ops {
namespace {

struct Lists {
  std::vector<at::Tensor> parameters, gradients, buffers;
};

void Update(const Lists& lists, const torch::optim::SGDOptions& options, bool first) {
  if (lists.parameters.empty()) return;
  at::_fused_sgd_(lists.parameters, lists.gradients, lists.buffers, options.weight_decay(),
                  options.momentum(), options.lr(), options.dampening(), options.nesterov(),
                  /*maximize=*/false, /*is_first_step=*/first);
}

}  // namespace

torch::Tensor Sgd::step(LossClosure closure) {
  TORCH_CHECK(closure == nullptr, "ops::Sgd takes no closure");
  const at::NoGradGuard no_grad;
  for (torch::optim::OptimizerParamGroup& group : param_groups()) {
    const auto& options = static_cast<torch::optim::SGDOptions&>(group.options());
    Lists first, later;  // those without a momentum yet, and the others
    for (const at::Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      at::Tensor gradient = parameter.grad();
      // The pass goes through memory as it lies; autograd's gradients lie as their parameters do.
      if (gradient.strides() != parameter.strides()) {
        gradient = at::empty_like(parameter).copy_(gradient);
      }
      Lists* lists = &later;
      if (options.momentum() != 0) {
        auto& state = state_[parameter.unsafeGetTensorImpl()];
        if (state == nullptr) {
          auto made = std::make_unique<torch::optim::SGDParamState>();
          made->momentum_buffer(at::empty_like(parameter));
          state = std::move(made);
          lists = &first;
        }
        lists->buffers.push_back(static_cast<torch::optim::SGDParamState&>(*state).momentum_buffer());
      }
      lists->parameters.push_back(parameter);
      lists->gradients.push_back(gradient);
    }
    Update(first, options, true);
    Update(later, options, false);
  }
  return {};
}

}  // namespace mrsn::ops
