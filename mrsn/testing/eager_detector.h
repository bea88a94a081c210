// PySlowFast's detector as PyTorch runs it in eager mode: one operation for each
// Conv3d, BatchNorm3d, ReLU, sum, pooling and linear layer, nothing folded or fused. The
// other side of the benchmarks, and a second implementation for tests.
#ifndef MRSN_MRSN_TESTING_EAGER_DETECTOR_H_
#define MRSN_MRSN_TESTING_EAGER_DETECTOR_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "mrsn/action_detector.h"
#include "mrsn/backbone_from_config.h"

namespace mrsn {

class EagerDetector {
 public:
  // Copies `detector`'s weights, laid out in `format`: Contiguous (PyTorch's default) or
  // ChannelsLast3d. A linear head; no non-local blocks; average over time.
  EagerDetector(const BackboneOptions& backbone, const RoiFeatureOptions& roi, ActionDetector& detector,
                at::MemoryFormat format);

  struct Mode {
    bool batch_statistics = false;  // which also move the running ones
    bool dropout = false;
  };
  // Logits [N,K], with gradients to parameters() when they are on.
  at::Tensor Forward(const DetectorInput& input, Mode mode);

  // The copy of the detector's parameter of that name.
  const at::Tensor& operator[](const std::string& name) const { return tensors_.at(name); }

  std::vector<at::Tensor> parameters() const;

 private:
  at::Tensor ConvNorm(const std::string& conv, const std::string& norm, const at::Tensor& x,
                      std::vector<int64_t> stride, std::vector<int64_t> padding, int64_t dilation);
  at::Tensor Stem(const std::string& path, const ResNet3dOptions& options, const at::Tensor& x);
  at::Tensor Stage(const std::string& path, const ResNet3dOptions& options, size_t index, at::Tensor x);
  at::Tensor Features(const DetectorInput& input);

  BackboneOptions backbone_;
  RoiFeatureOptions roi_;
  int64_t stride_;
  at::MemoryFormat format_;
  bool batch_statistics_ = false;
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_EAGER_DETECTOR_H_
