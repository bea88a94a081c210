#include "experiments/device_check/check_ops.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <limits>
#include <utility>

#include "ops/clip/scale_pixels.h"
#include "ops/convolution/convolution.h"
#include "ops/device/move_together.h"
#include "ops/norm_relu/norm_relu.h"
#include "ops/roi_align/roi_align.h"
#include "ops/sgd/sgd.h"

namespace mrsn::experiments {
namespace {

using Tensors = std::vector<at::Tensor>;

// An operation on tensors that are all on one device.
struct Case {
  std::string name;
  Tensors inputs;
  std::function<at::Tensor(const Tensors&)> run;
  double tolerance = 1e-5;
};

double Difference(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  if (expected.numel() == 0) return 0;
  const at::Tensor f = found.detach().cpu().to(at::kDouble), e = expected.detach().to(at::kDouble);
  const double worst = (f - e).abs().max().item<double>(), scale = e.abs().max().item<double>();
  if (!(worst >= 0)) return std::numeric_limits<double>::infinity();  // NaN
  return scale > 0 ? worst / scale : worst;
}

// The result, then the gradients of the floating inputs.
Tensors RunOn(const Case& tested, c10::Device device) {
  Tensors inputs, floating;
  for (const at::Tensor& input : tested.inputs) {
    at::Tensor there = input.detach().clone().to(device);
    if (there.is_floating_point()) floating.push_back(there.set_requires_grad(true));
    inputs.push_back(there);
  }
  at::manual_seed(5);
  const at::Tensor result = tested.run(inputs);
  Tensors all = {result};
  if (!result.requires_grad()) return all;
  result.backward(at::rand(result.sizes()).to(result.options()));
  for (const at::Tensor& input : floating) all.push_back(input.grad());
  return all;
}

CheckedOp Check(const Case& tested, c10::Device device) {
  CheckedOp checked = {tested.name, 0, tested.tolerance, ""};
  try {
    const Tensors expected = RunOn(tested, at::kCPU), found = RunOn(tested, device);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!expected[i].defined() && !found[i].defined()) continue;
      TORCH_CHECK(expected[i].defined() && found[i].defined(), "a gradient is missing on one of the devices");
      checked.difference = std::max(checked.difference, Difference(found[i], expected[i]));
    }
  } catch (const c10::Error& error) {
    checked.error = error.what_without_backtrace();
  }
  return checked;
}

void AddRoiAlign(std::vector<Case>* cases) {
  const at::Tensor boxes =
      at::tensor({0.f, 0.f, 60.f, 60.f, 20.f, 8.f, 33.f, 90.f, -10.f, 5.f, 200.f, 44.f}).view({3, 4});
  const at::Tensor clips = at::tensor({0, 1, 1}, at::kLong);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const bool last = format == at::MemoryFormat::ChannelsLast;
      cases->push_back({std::string("RoiAlign ") + c10::toString(type) + (last ? ", channels last" : ""),
                        {at::randn({2, 40, 9, 13}).to(type).contiguous(format)},
                        [=](const Tensors& in) {
                          return ops::RoiAlign(in[0], boxes.to(in[0].device()), clips.to(in[0].device()), {});
                        },
                        type == at::kFloat ? 1e-5 : 2e-2});
    }
  }
}

std::vector<Case> Cases() {
  at::manual_seed(4);
  std::vector<Case> cases;
  AddRoiAlign(&cases);
  for (const bool residual : {false, true}) {
    cases.push_back(
        {residual ? "BatchNormRelu with a residual" : "BatchNormRelu",
         {at::randn({2, 8, 3, 7, 7}), at::rand({8}) + 0.5, at::randn({8}), at::randn({2, 8, 3, 7, 7})},
         [=](const Tensors& in) {
           const at::Tensor mean = at::zeros_like(in[1]).detach();
           return ops::BatchNormRelu(in[0], in[1], in[2], mean, at::ones_like(mean),
                                     residual ? in[3] : at::Tensor(), {});
         },
         1e-4});
  }
  const auto convolution = [&](const char* name, at::IntArrayRef weight, std::vector<int64_t> padding,
                               std::vector<int64_t> dilation) {
    cases.push_back({name,
                     {at::randn({2, 16, 10, 12}).contiguous(at::MemoryFormat::ChannelsLast),
                      at::randn(weight), at::randn({weight[0]})},
                     [=](const Tensors& in) {
                       return ops::Convolution(in[0], in[1], in[2], {{1, 1}, padding, dilation});
                     },
                     1e-5});
  };
  convolution("Convolution 3 x 3", {8, 16, 3, 3}, {1, 1}, {1, 1});
  convolution("Convolution 3 x 1", {8, 16, 3, 1}, {1, 0}, {1, 1});
  convolution("Convolution 3 x 3, dilation 2", {8, 16, 3, 3}, {2, 2}, {2, 2});
  cases.push_back({"attention with a mask",
                   {at::randn({2, 4, 5, 16}), at::randn({2, 4, 9, 16}), at::randn({2, 4, 9, 16})},
                   [](const Tensors& in) {
                     const at::Tensor allowed = at::ones({5, 9}, in[0].options().dtype(at::kBool)).tril(3);
                     return at::scaled_dot_product_attention(in[0], in[1], in[2], allowed);
                   },
                   1e-5});
  cases.push_back({"ScalePixels",
                   {at::randint(256, {2, 3, 2, 8, 8}, at::kByte)},
                   [](const Tensors& in) { return ScalePixels(in[0], PixelScaling()); },
                   0});
  cases.push_back({"MoveTogether and FetchTogether",
                   {at::randn({3, 5}), at::arange(7)},
                   [](const Tensors& in) {
                     at::Tensor a = in[0].detach(), b = in[1];
                     FetchTogether({&a, &b});
                     MoveTogether({&a, &b}, in[0].device());
                     return at::cat({a.flatten(), b.to(at::kFloat)});
                   },
                   0});
  cases.push_back({"Sgd, three steps",
                   {at::randn({40, 30})},
                   [](const Tensors& in) {
                     at::Tensor weight = in[0].detach().clone().set_requires_grad(true);
                     ops::Sgd optimizer({weight}, torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
                     for (int step = 0; step < 3; ++step) {
                       optimizer.zero_grad();
                       weight.square().sum().backward();
                       optimizer.step();
                     }
                     return weight.detach();
                   },
                   1e-6});
  return cases;
}

}  // namespace

std::vector<CheckedOp> CheckOps(c10::Device device) {
  auto& context = at::globalContext();
  const bool products = context.allowTF32CuBLAS(), convolutions = context.allowTF32CuDNN();
  context.setAllowTF32CuBLAS(false);
  context.setAllowTF32CuDNN(false);
  std::vector<CheckedOp> checked;
  for (const Case& tested : Cases()) checked.push_back(Check(tested, device));
  context.setAllowTF32CuBLAS(products);
  context.setAllowTF32CuDNN(convolutions);
  return checked;
}

}  // namespace mrsn::experiments
