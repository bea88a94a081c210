// Checks, the choice between fused kernels and ATen's operations, and autograd.
#include "ops/norm_relu/norm_relu.h"

#include <array>
#include <optional>
#include <utility>

#include "ATen/ATen.h"
#include "ATen/Context.h"
#include "ops/norm_relu/norm_relu_kernels.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mrsn::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Parameters = std::array<std::pair<const char*, const at::Tensor*>, 4>;

at::MemoryFormat ChannelsLast(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

bool IsFloatOnCpu(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat &&
         tensor.layout() == at::Layout::Strided;
}

void Check(const at::Tensor& x, const at::Tensor& residual, const Parameters& parameters) {
  TORCH_CHECK(x.dim() >= 2, "norm_relu: x has shape ", x.sizes(), ", expected [B,C,...]");
  const int64_t channels = x.size(1);
  for (const auto& [name, tensor] : parameters) {
    TORCH_CHECK(tensor->defined(), "norm_relu: ", name, " is undefined, expected [", channels, "]");
    TORCH_CHECK(tensor->dim() == 1 && tensor->size(0) == channels, "norm_relu: ", name, " has shape ",
                tensor->sizes(), ", expected [", channels, "] for x of shape ", x.sizes());
  }
  TORCH_CHECK(channels == 0 || x.numel() != channels, "norm_relu: x has shape ", x.sizes(),
              ", expected more than one value per channel");
  if (!residual.defined()) return;
  TORCH_CHECK(residual.sizes() == x.sizes(), "norm_relu: residual has shape ", residual.sizes(),
              ", expected x's, ", x.sizes());
  TORCH_CHECK(residual.scalar_type() == x.scalar_type() && residual.device() == x.device(),
              "norm_relu: residual is ", residual.scalar_type(), " on ", residual.device(),
              ", expected x's, ", x.scalar_type(), " on ", x.device());
}

bool HasFusedKernel(const at::Tensor& x, const Parameters& parameters) {
  if (x.numel() == 0 || !IsFloatOnCpu(x) || (x.dim() != 4 && x.dim() != 5)) return false;
  if (!x.is_contiguous(ChannelsLast(x))) return false;
  for (const auto& [name, tensor] : parameters) {
    if (!IsFloatOnCpu(*tensor) || !tensor->is_contiguous()) return false;
  }
  return true;
}

// Its own function so that a second derivative is an error and not silently zero.
struct BackwardFunction : torch::autograd::Function<BackwardFunction> {
  // Returns the gradients of x, gamma and beta and, if there is a y, the gradient where it is not 0.
  static variable_list forward(AutogradContext*, const at::Tensor& any_layout_grad, const at::Tensor& x,
                               const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& statistics,
                               const std::optional<at::Tensor>& y, bool relu) {
    const at::Tensor grad = any_layout_grad.contiguous(ChannelsLast(x));
    const int64_t channels = x.size(1);
    variable_list result = {at::empty_like(x), at::empty_like(gamma), at::empty_like(gamma)};
    if (y) result.push_back(at::empty_like(x));
    norm_relu::BackwardArguments arguments;
    arguments.rows = x.numel() / channels;
    arguments.channels = channels;
    arguments.grad = grad.const_data_ptr<float>();
    arguments.x = x.const_data_ptr<float>();
    arguments.gamma = gamma.const_data_ptr<float>();
    arguments.beta = beta.const_data_ptr<float>();
    arguments.mean = statistics.const_data_ptr<double>();
    arguments.inverse_deviation = arguments.mean + channels;
    arguments.relu = relu;
    arguments.y = y ? y->const_data_ptr<float>() : nullptr;
    arguments.masked = y ? result[3].data_ptr<float>() : nullptr;
    arguments.grad_x = result[0].data_ptr<float>();
    arguments.grad_gamma = result[1].data_ptr<float>();
    arguments.grad_beta = result[2].data_ptr<float>();
    norm_relu::Backward(arguments);
    return result;
  }

  static variable_list backward(AutogradContext*, const variable_list&) {
    TORCH_CHECK(false, "norm_relu: the fused kernels have no second derivative; float64 tensors do");
  }
};

struct ForwardFunction : torch::autograd::Function<ForwardFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gamma,
                            const at::Tensor& beta, const std::optional<at::Tensor>& residual,
                            const at::Tensor& running_mean, const at::Tensor& running_var,
                            const NormReluOptions& options) {
    const int64_t channels = x.size(1);
    at::Tensor added;
    if (residual) added = residual->contiguous(ChannelsLast(x));
    const at::Tensor y = at::empty_like(x);
    const at::Tensor statistics = at::empty({2, channels}, x.options().dtype(at::kDouble));
    norm_relu::ForwardArguments arguments;
    arguments.rows = x.numel() / channels;
    arguments.channels = channels;
    arguments.x = x.const_data_ptr<float>();
    arguments.residual = residual ? added.const_data_ptr<float>() : nullptr;
    arguments.gamma = gamma.const_data_ptr<float>();
    arguments.beta = beta.const_data_ptr<float>();
    arguments.momentum = options.momentum;
    arguments.eps = options.eps;
    arguments.relu = options.relu;
    arguments.running_mean = running_mean.data_ptr<float>();
    arguments.running_variance = running_var.data_ptr<float>();
    arguments.mean = statistics.data_ptr<double>();
    arguments.inverse_deviation = arguments.mean + channels;
    arguments.y = y.data_ptr<float>();
    norm_relu::Forward(arguments);
    for (const at::Tensor& changed : {running_mean, running_var})
      changed.unsafeGetTensorImpl()->bump_version();

    context->save_for_backward({x, gamma, beta, statistics, options.relu && residual ? y : at::Tensor()});
    context->saved_data["relu"] = options.relu;
    context->saved_data["has_residual"] = residual.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const std::optional<at::Tensor> y = saved[4].defined() ? std::optional(saved[4]) : std::nullopt;
    variable_list result = BackwardFunction::apply(grads[0], saved[0], saved[1], saved[2], saved[3], y,
                                                   context->saved_data["relu"].toBool());
    if (context->saved_data["has_residual"].toBool() && !y) result.push_back(grads[0]);
    result.resize(7);
    return result;
  }
};

}  // namespace

at::Tensor BatchNormRelu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                         at::Tensor running_mean, at::Tensor running_var, const at::Tensor& residual,
                         const NormReluOptions& options) {
  const Parameters parameters = {
      {{"gamma", &gamma}, {"beta", &beta}, {"running_mean", &running_mean}, {"running_var", &running_var}}};
  Check(x, residual, parameters);
  if (HasFusedKernel(x, parameters)) {
    const std::optional<at::Tensor> added = residual.defined() ? std::optional(residual) : std::nullopt;
    return ForwardFunction::apply(x, gamma, beta, added, running_mean, running_var, options);
  }
  at::Tensor y = at::batch_norm(x, gamma, beta, running_mean, running_var, /*training=*/true,
                                options.momentum, options.eps, at::globalContext().userEnabledCuDNN());
  if (residual.defined()) y.add_(residual);
  return options.relu ? y.relu_() : y;
}

}  // namespace mrsn::ops
