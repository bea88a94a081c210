// The weights of a LibTorch module for the graph's walkers.
#ifndef MRSN_MRSN_ONNX_MODULE_WEIGHTS_H_
#define MRSN_MRSN_ONNX_MODULE_WEIGHTS_H_

#include <torch/nn/module.h>

#include <map>
#include <string>

#include "mrsn/onnx/weights.h"

namespace mrsn::onnx {

class ModuleWeights {
 public:
  // All floating parameters and buffers, by name. Tensors that are contiguous float32 in the CPU's memory are
  // shared with the module, others are copied.
  explicit ModuleWeights(const torch::nn::Module& module);

  Weights weights() const;  // must not outlive this object

 private:
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_MODULE_WEIGHTS_H_
