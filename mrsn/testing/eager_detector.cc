#include "mrsn/testing/eager_detector.h"

#include <ATen/ATen.h>

#include <variant>

namespace mrsn {

EagerDetector::EagerDetector(const BackboneOptions& backbone, const RoiFeatureOptions& roi,
                             ActionDetector& detector, at::MemoryFormat format)
    : backbone_(backbone), roi_(roi), stride_(detector.backbone().stride()), format_(format) {
  const auto copy = [&](const at::Tensor& tensor) {
    const at::Tensor copied = tensor.detach().clone();
    return tensor.dim() == 5 ? copied.contiguous(format) : copied;
  };
  for (const auto& item : detector.named_parameters()) {
    tensors_[item.key()] = copy(item.value()).set_requires_grad(true);
  }
  for (const auto& item : detector.named_buffers()) tensors_[item.key()] = copy(item.value());
}

std::vector<at::Tensor> EagerDetector::parameters() const {
  std::vector<at::Tensor> parameters;
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.requires_grad()) parameters.push_back(tensor);
  }
  return parameters;
}

at::Tensor EagerDetector::ConvNorm(const std::string& conv, const std::string& norm, const at::Tensor& x,
                                   std::vector<int64_t> stride, std::vector<int64_t> padding,
                                   int64_t dilation) {
  const std::vector<int64_t> dilations = {1, dilation, dilation};
  const at::Tensor y = at::conv3d(x, tensors_.at(conv + ".weight"), std::nullopt, stride, padding, dilations);
  return at::batch_norm(y, tensors_.at(norm + ".weight"), tensors_.at(norm + ".bias"),
                        tensors_.at(norm + ".running_mean"), tensors_.at(norm + ".running_var"),
                        batch_statistics_,
                        /*momentum=*/0.1, /*eps=*/1e-5, /*cudnn_enabled=*/true);
}

at::Tensor EagerDetector::Stem(const std::string& path, const ResNet3dOptions& options, const at::Tensor& x) {
  const int64_t t = options.stem_temporal_kernel / 2, k = options.stem_kernel / 2, s = options.stem_stride;
  const at::Tensor y =
      ConvNorm(path + "stem", path + "stem_norm", x.contiguous(format_), {1, s, s}, {t, k, k}, 1);
  return at::max_pool3d(y.relu_(), {1, 3, 3}, {1, 2, 2}, {0, 1, 1});
}

at::Tensor EagerDetector::Stage(const std::string& path, const ResNet3dOptions& options, size_t index,
                                at::Tensor x) {
  const ResNet3dOptions::Stage& stage = options.stages[index];
  for (int64_t b = 0; b < stage.blocks; ++b) {
    const std::string block = path + "res" + std::to_string(index + 2) + "_" + std::to_string(b) + ".";
    const int64_t stride = b == 0 ? stage.stride : 1, dilation = stage.dilation;
    const int64_t t = tensors_.at(block + "conv_a.weight").size(2) / 2;
    at::Tensor y = ConvNorm(block + "conv_a", block + "norm_a", x, {1, 1, 1}, {t, 0, 0}, 1).relu_();
    y = ConvNorm(block + "conv_b", block + "norm_b", y, {1, stride, stride}, {0, dilation, dilation},
                 dilation)
            .relu_();
    y = ConvNorm(block + "conv_c", block + "norm_c", y, {1, 1, 1}, {0, 0, 0}, 1);
    if (tensors_.count(block + "shortcut.weight") != 0) {
      x = ConvNorm(block + "shortcut", block + "shortcut_norm", x, {1, stride, stride}, {0, 0, 0}, 1);
    }
    x = (x + y).relu_();
  }
  return x;
}

at::Tensor EagerDetector::Features(const DetectorInput& input) {
  if (const auto* slow = std::get_if<SlowOnlyOptions>(&backbone_)) {
    at::Tensor x = Stem("backbone.resnet.", slow->resnet, input.slow);
    for (size_t s = 0; s < slow->resnet.stages.size(); ++s) {
      x = Stage("backbone.resnet.", slow->resnet, s, x);
    }
    return x.mean(2);
  }
  const auto& both = std::get<SlowFastOptions>(backbone_);
  at::Tensor x = Stem("backbone.slow.", both.slow, input.slow);
  at::Tensor y = Stem("backbone.fast.", both.fast, input.fast);
  for (size_t s = 0; s < both.slow.stages.size(); ++s) {
    const std::string lateral = "backbone.lateral_" + (s == 0 ? "stem" : "res" + std::to_string(s + 1)) + ".";
    const at::Tensor fused = ConvNorm(lateral + "conv", lateral + "norm", y, {both.alpha, 1, 1},
                                      {both.lateral.kernel / 2, 0, 0}, 1)
                                 .relu_();
    x = Stage("backbone.slow.", both.slow, s, at::cat({x, fused}, 1));
    y = Stage("backbone.fast.", both.fast, s, y);
  }
  return at::cat({x.mean(2), y.mean(2)}, 1);
}

at::Tensor EagerDetector::Forward(const DetectorInput& input, Mode mode) {
  batch_statistics_ = mode.batch_statistics;
  const at::Tensor features = Features(input);
  const at::Tensor rois = RoiFeatures(features, input.boxes, input.clip_index,
                                      {input.slow.size(3), input.slow.size(4)}, stride_, roi_);
  const at::Tensor dropped = at::dropout(MaxPoolRoi(rois), 0.5, mode.dropout);
  return at::linear(dropped, tensors_.at("head.classifier.weight"), tensors_.at("head.classifier.bias"));
}

}  // namespace mrsn
