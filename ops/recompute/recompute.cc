#include "ops/recompute/recompute.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <mutex>
#include <utility>

#include "ops/device/arithmetic.h"
#include "ops/norm_relu/synced_norms.h"

namespace mrsn::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local bool wanted = false, recomputing = false;

class SecondRun {
 public:
  SecondRun() : outer_(std::exchange(recomputing, true)) {}
  ~SecondRun() { recomputing = outer_; }
  SecondRun(const SecondRun&) = delete;
  SecondRun& operator=(const SecondRun&) = delete;

 private:
  const bool outer_;
};

at::ScalarType AutocastType(at::DeviceType device) {
  if (!at::autocast::is_autocast_available(device) || !at::autocast::is_autocast_enabled(device)) {
    return at::kFloat;
  }
  return at::autocast::get_autocast_dtype(device);
}

// The default generators that a part on this device may draw from.
std::vector<at::Generator> GeneratorsFor(at::Device device) {
  std::vector<at::Generator> generators = {at::globalContext().defaultGenerator(at::kCPU)};
  if (device.is_cuda()) generators.push_back(at::globalContext().defaultGenerator(device));
  return generators;
}

at::Tensor StateOf(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void SetState(at::Generator generator, const at::Tensor& state) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

// Where a part ran first, beside its tensors. Threads of the backward pass know none of it.
struct Surroundings : torch::CustomClassHolder {
  explicit Surroundings(Part run, at::Device on)
      : part(std::move(run)),
        device(on),
        autocast(AutocastType(on.type())),
        ranks(SyncedNormsScope::Ranks()) {
    for (const at::Generator& generator : GeneratorsFor(on)) states.push_back(StateOf(generator));
  }

  const Part part;
  const at::Device device;
  const at::ScalarType autocast;
  const c10::intrusive_ptr<NormRanks> ranks;
  std::vector<at::Tensor> states;  // of GeneratorsFor(device)
};

// Sets generators to the states that they had in the first run, and back.
class SameRandomNumbers {
 public:
  explicit SameRandomNumbers(const Surroundings& then) : generators_(GeneratorsFor(then.device)) {
    for (size_t i = 0; i < generators_.size(); ++i) {
      states_.push_back(StateOf(generators_[i]));
      SetState(generators_[i], then.states[i]);
    }
  }
  ~SameRandomNumbers() {
    for (size_t i = 0; i < generators_.size(); ++i) SetState(generators_[i], states_[i]);
  }
  SameRandomNumbers(const SameRandomNumbers&) = delete;
  SameRandomNumbers& operator=(const SameRandomNumbers&) = delete;

 private:
  const std::vector<at::Generator> generators_;
  std::vector<at::Tensor> states_;
};

struct RecomputedFunction : torch::autograd::Function<RecomputedFunction> {
  // The parameters are inputs, so that their gradients are this function's.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, at::TensorList parameters,
                            const Part& part) {
    const auto surroundings = c10::make_intrusive<Surroundings>(part, x.device());
    variable_list kept = {x};
    kept.insert(kept.end(), parameters.begin(), parameters.end());
    context->save_for_backward(kept);
    context->saved_data["surroundings"] = c10::IValue::make_capsule(surroundings);
    context->saved_data["x_has_gradient"] = x.requires_grad();
    // With gradients, because operations without may take kernels that round otherwise. The graph dies here.
    const at::AutoGradMode with_gradients(true);
    return part(x.detach().requires_grad_(x.requires_grad())).detach();
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "Recomputed: there is no second derivative");
    const variable_list kept = context->get_saved_variables();
    const auto capsule = context->saved_data["surroundings"].toCapsule();
    const auto& then = static_cast<const Surroundings&>(*capsule);
    const bool x_has_gradient = context->saved_data["x_has_gradient"].toBool();
    const at::Tensor x = kept[0].detach().requires_grad_(x_has_gradient);
    at::Tensor y;
    {
      const SecondRun second;
      const RecomputeScope whole(false);
      const SameRandomNumbers random(then);
      const Autocast autocast(then.device.type(), then.autocast);
      const SyncedNormsScope ranks(then.ranks);
      const at::AutoGradMode with_gradients(true);
      y = then.part(x);
    }
    variable_list inputs(kept.begin() + 1, kept.end());
    if (x_has_gradient) inputs.insert(inputs.begin(), x);
    variable_list gradients =
        torch::autograd::grad({y}, inputs, {grads[0]}, /*retain_graph=*/false, /*create_graph=*/false,
                              /*allow_unused=*/true);
    if (!x_has_gradient) gradients.insert(gradients.begin(), at::Tensor());
    gradients.emplace_back();  // of `part`
    return gradients;
  }
};

}  // namespace

RecomputeScope::RecomputeScope(bool on) : outer_(std::exchange(wanted, on)) {}

RecomputeScope::~RecomputeScope() { wanted = outer_; }

at::Tensor Recomputed(const PartParameters& parameters, const at::Tensor& x, const Part& part) {
  if (!wanted || !at::GradMode::is_enabled()) return part(x);
  std::vector<at::Tensor> trained;
  for (const at::Tensor& parameter : parameters()) {
    if (parameter.requires_grad()) trained.push_back(parameter);
  }
  if (trained.empty() && !x.requires_grad()) return part(x);
  return RecomputedFunction::apply(x, at::TensorList(trained), part);
}

bool Recomputing() { return recomputing; }

}  // namespace mrsn::ops
