#include "mrsn/onnx/module_weights.h"

#include <ATen/ATen.h>

#include <utility>

namespace mrsn::onnx {

ModuleWeights::ModuleWeights(const torch::nn::Module& module) {
  const auto keep = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.is_floating_point()) return;  // a batch norm's num_batches_tracked
    tensors_[name] = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  };
  for (const auto& parameter : module.named_parameters()) keep(parameter.key(), parameter.value());
  for (const auto& buffer : module.named_buffers()) keep(buffer.key(), buffer.value());
}

Weights ModuleWeights::weights() const {
  std::map<std::string, Weight> weights;
  for (const auto& [name, tensor] : tensors_) {
    weights[name] = {tensor.sizes().vec(),
                     absl::MakeConstSpan(tensor.const_data_ptr<float>(), tensor.numel())};
  }
  return Weights(std::move(weights));
}

}  // namespace mrsn::onnx
