// Checks, the choice between fused kernels and ATen's operations, and autograd.
#include "ops/norm_relu/norm_relu.h"

#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Context.h"
#include "ATen/core/grad_mode.h"
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

void Check(const at::Tensor& x, const at::Tensor& residual, const Parameters& parameters,
           const NormReluOptions& options) {
  TORCH_CHECK(x.dim() >= 2, "norm_relu: x has shape ", x.sizes(), ", expected [B,C,...]");
  const int64_t channels = x.size(1);
  for (const auto& [name, tensor] : parameters) {
    TORCH_CHECK(tensor->defined(), "norm_relu: ", name, " is undefined, expected [", channels, "]");
    TORCH_CHECK(tensor->dim() == 1 && tensor->size(0) == channels, "norm_relu: ", name, " has shape ",
                tensor->sizes(), ", expected [", channels, "] for x of shape ", x.sizes());
  }
  TORCH_CHECK(options.ranks || channels == 0 || x.numel() != channels, "norm_relu: x has shape ", x.sizes(),
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

// ---- Sums over ranks. Whatever computes a rank's part, the ranks add tensors of these sizes.

// The number of rows of all ranks. `mean` and `m2` [C] float64, the mean of this rank's rows and the sum of
// squared differences from it, become those of all rows.
double MomentsOfAllRows(NormRanks& ranks, double rows, const at::Tensor& mean, const at::Tensor& m2) {
  // In float64 the sum of squares loses no digit that float32 values have.
  const at::Tensor values =
      at::cat({at::full({1}, rows, mean.options()), mean * rows, m2 + mean.square() * rows});
  ranks.Sum(values);
  const double count = values[0].item<double>();
  TORCH_CHECK(count == 0 || count > 1 || !ranks.status().ok(),
              "norm_relu: one value per channel over all ranks, expected more");
  const int64_t channels = mean.size(0);
  mean.copy_(values.slice(0, 1, 1 + channels)).div_(count);
  m2.copy_(values.slice(0, 1 + channels)).sub_(mean.square() * count).clamp_min_(0);
  return count;
}

// Likewise of the gradients of beta and gamma [C] float64.
double GradientsOfAllRows(NormRanks& ranks, double rows, const at::Tensor& grad_beta,
                          const at::Tensor& grad_gamma) {
  const at::Tensor values = at::cat({at::full({1}, rows, grad_beta.options()), grad_beta, grad_gamma});
  ranks.Sum(values);
  const int64_t channels = grad_beta.size(0);
  grad_beta.copy_(values.slice(0, 1, 1 + channels));
  grad_gamma.copy_(values.slice(0, 1 + channels));
  return values[0].item<double>();
}

// `combine` for the kernels, which know no tensors.
template <typename Combine>
std::function<double(double*, double*)> OfAllRows(const c10::intrusive_ptr<NormRanks>& ranks, int64_t rows,
                                                  int64_t channels, Combine combine) {
  if (!ranks) return nullptr;
  return [ranks, rows, channels, combine](double* first, double* second) {
    const auto seen = [&](double* values) { return at::from_blob(values, {channels}, at::kDouble); };
    return combine(*ranks, static_cast<double>(rows), seen(first), seen(second));
  };
}

c10::IValue Kept(const c10::intrusive_ptr<NormRanks>& ranks) {
  return ranks ? c10::IValue::make_capsule(ranks) : c10::IValue();
}

c10::intrusive_ptr<NormRanks> RanksOf(const c10::IValue& kept) {
  if (kept.isNone()) return {};
  return c10::intrusive_ptr<NormRanks>::reclaim_copy(static_cast<NormRanks*>(kept.toCapsule().get()));
}

// ---- The fused kernels

// Its own function so that a second derivative is an error and not silently zero.
struct BackwardFunction : torch::autograd::Function<BackwardFunction> {
  // Returns the gradients of x, gamma and beta and, if there is a y, the gradient where it is not 0.
  static variable_list forward(AutogradContext*, const at::Tensor& any_layout_grad, const at::Tensor& x,
                               const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& statistics,
                               const std::optional<at::Tensor>& y, bool relu,
                               const c10::intrusive_ptr<NormRanks>& ranks) {
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
    arguments.of_all_rows = OfAllRows(ranks, arguments.rows, channels, GradientsOfAllRows);
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
    arguments.of_all_rows = OfAllRows(options.ranks, arguments.rows, channels, MomentsOfAllRows);
    norm_relu::Forward(arguments);
    for (const at::Tensor& changed : {running_mean, running_var})
      changed.unsafeGetTensorImpl()->bump_version();

    context->save_for_backward({x, gamma, beta, statistics, options.relu && residual ? y : at::Tensor()});
    context->saved_data["relu"] = options.relu;
    context->saved_data["has_residual"] = residual.has_value();
    context->saved_data["ranks"] = Kept(options.ranks);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const std::optional<at::Tensor> y = saved[4].defined() ? std::optional(saved[4]) : std::nullopt;
    variable_list result =
        BackwardFunction::apply(grads[0], saved[0], saved[1], saved[2], saved[3], y,
                                context->saved_data["relu"].toBool(), RanksOf(context->saved_data["ranks"]));
    if (context->saved_data["has_residual"].toBool() && !y) result.push_back(grads[0]);
    result.resize(7);
    return result;
  }
};

// ---- The norm of all ranks' rows, by ATen's operations, for whatever has no fused kernel

at::Tensor PerChannel(const at::Tensor& values, const at::Tensor& x) {
  std::vector<int64_t> sizes(x.dim(), 1);
  sizes[1] = x.size(1);
  return values.to(x.scalar_type()).view(sizes);
}

std::vector<int64_t> AllButChannels(const at::Tensor& x) {
  std::vector<int64_t> dims = {0};
  for (int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
  return dims;
}

// x in a type that sums can be taken in.
at::Tensor Wide(const at::Tensor& x) {
  const bool narrow = x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
  return narrow ? x.to(at::kFloat) : x;
}

struct SyncedFunction : torch::autograd::Function<SyncedFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gamma,
                            const at::Tensor& beta, const at::Tensor& running_mean,
                            const at::Tensor& running_var, const NormReluOptions& options) {
    const at::Tensor wide = Wide(x);
    const int64_t channels = x.size(1), rows = channels > 0 ? x.numel() / channels : 0;
    at::Tensor mean = at::zeros({channels}, x.options().dtype(at::kDouble)), m2 = at::zeros_like(mean);
    if (rows > 0) {
      const auto [variance, average] = at::var_mean(wide, AllButChannels(x), /*unbiased=*/false);
      mean.copy_(average);
      m2.copy_(variance).mul_(static_cast<double>(rows));
    }
    const double count = MomentsOfAllRows(*options.ranks, static_cast<double>(rows), mean, m2);
    if (count > 0) {
      // In the order and type of the fused kernels: ranks that take either have the same bits.
      const auto update = [&](const at::Tensor& running, const at::Tensor& batch) {
        running.copy_(running.to(at::kDouble) * (1 - options.momentum) + batch * options.momentum);
      };
      update(running_mean, mean);
      update(running_var, m2 / (count - 1));
    }
    const at::Tensor inverse_deviation = (m2 / count + options.eps).rsqrt();
    const at::Tensor y = (wide - PerChannel(mean, wide)) * PerChannel(inverse_deviation * gamma, wide) +
                         PerChannel(beta, wide);
    context->save_for_backward({x, gamma, mean, inverse_deviation});
    context->saved_data["ranks"] = Kept(options.ranks);
    return y.to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "norm_relu: norms over ranks have no second derivative");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &gamma = saved[1], &inverse_deviation = saved[3];
    const at::Tensor x = Wide(saved[0]), grad = Wide(grads[0]);
    const std::vector<int64_t> dims = AllButChannels(x);
    const at::Tensor normalised = (x - PerChannel(saved[2], x)) * PerChannel(inverse_deviation, x);
    const at::Tensor own_beta = grad.sum(dims), own_gamma = (grad * normalised).sum(dims);
    const at::Tensor grad_beta = own_beta.to(at::kDouble, false, /*copy=*/true),
                     grad_gamma = own_gamma.to(at::kDouble, false, /*copy=*/true);
    const double rows = own_beta.numel() > 0 ? static_cast<double>(x.numel() / x.size(1)) : 0;
    const double count =
        GradientsOfAllRows(*RanksOf(context->saved_data["ranks"]), rows, grad_beta, grad_gamma);
    const at::Tensor grad_x =
        PerChannel(inverse_deviation * gamma, x) *
        (grad - PerChannel(grad_beta / count, x) - normalised * PerChannel(grad_gamma / count, x));
    return {grad_x.to(saved[0].scalar_type()),
            own_gamma.to(gamma.scalar_type()),
            own_beta.to(gamma.scalar_type()),
            {},
            {},
            {}};
  }
};

at::Tensor Normalised(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                      const at::Tensor& running_mean, const at::Tensor& running_var,
                      const NormReluOptions& options) {
  if (options.ranks) return SyncedFunction::apply(x, gamma, beta, running_mean, running_var, options);
  return at::batch_norm(x, gamma, beta, running_mean, running_var, /*training=*/true, options.momentum,
                        options.eps, at::globalContext().userEnabledCuDNN());
}

}  // namespace

at::Tensor BatchNormRelu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                         at::Tensor running_mean, at::Tensor running_var, const at::Tensor& residual,
                         const NormReluOptions& options) {
  const Parameters parameters = {
      {{"gamma", &gamma}, {"beta", &beta}, {"running_mean", &running_mean}, {"running_var", &running_var}}};
  Check(x, residual, parameters, options);
  if (HasFusedKernel(x, parameters)) {
    const std::optional<at::Tensor> added = residual.defined() ? std::optional(residual) : std::nullopt;
    return ForwardFunction::apply(x, gamma, beta, added, running_mean, running_var, options);
  }
  at::Tensor y = Normalised(x, gamma, beta, running_mean, running_var, options);
  if (residual.defined()) y.add_(residual);
  return options.relu ? y.relu_() : y;
}

}  // namespace mrsn::ops
