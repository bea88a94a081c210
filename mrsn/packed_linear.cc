#include "mrsn/packed_linear.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <utility>

#include "ops/cpu/one_dnn.h"

namespace mrsn {
namespace {

// oneDNN's operators of LibTorch have no C++ function.
using Reorder = at::Tensor(const at::Tensor&, std::optional<int64_t>);
using LinearPointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                   std::string_view, c10::List<std::optional<at::Scalar>>,
                                   std::optional<std::string_view>);

struct OneDnn {
  c10::TypedOperatorHandle<Reorder> reorder;
  c10::TypedOperatorHandle<LinearPointwise> linear;
};

// No operator if LibTorch was built without oneDNN.
const std::optional<OneDnn>& FindOneDnn() {
  static const auto* found = [] {
    auto* one_dnn = new std::optional<OneDnn>;
    c10::Dispatcher& dispatcher = c10::Dispatcher::singleton();
    const auto reorder = dispatcher.findSchema({"mkldnn::_reorder_linear_weight", ""});
    const auto linear = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    if (reorder && linear) {
      one_dnn->emplace(OneDnn{reorder->typed<Reorder>(), linear->typed<LinearPointwise>()});
    }
    return one_dnn;
  }();
  return *found;
}

bool CanPack(const at::Tensor& x, const at::Tensor& weight) {
  const auto plain = [](const at::Tensor& t) {
    return t.layout() == at::kStrided && t.device().is_cpu() && t.scalar_type() == at::kFloat;
  };
  return plain(x) && plain(weight) && x.numel() > 0 && x.size(-1) == weight.size(1) &&
         weight.is_contiguous() && !weight.is_inference() && ops::OneDnnIsOn() &&
         !at::autocast::is_autocast_enabled(at::kCPU) && FindOneDnn();
}

}  // namespace

at::Tensor PackedLinear::operator()(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (at::GradMode::is_enabled()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    packed_.reset();
    return at::linear(x, weight, bias);
  }
  if (!CanPack(x, weight)) return at::linear(x, weight, bias);
  return FindOneDnn()->linear.call(x.contiguous(), Packed(weight), bias, "none",
                                   c10::List<std::optional<at::Scalar>>(), "");
}

at::Tensor PackedLinear::Packed(const at::Tensor& weight) {
  WeightStamp stamp(weight);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!packed_.defined() || !(stamp_ == stamp)) {
    stamp_ = std::move(stamp);
    packed_ = FindOneDnn()->reorder.call(weight.detach(), std::nullopt);
  }
  return packed_;
}

}  // namespace mrsn
