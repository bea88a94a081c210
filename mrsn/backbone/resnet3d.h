// ResNet over clips: spatial convolutions of He et al., with temporal extent in the
// first convolution of chosen blocks (Feichtenhofer et al., "SlowFast"), and
// non-local blocks (Wang et al.) between them. Structure and parameter count are
// PySlowFast's. Without temporal kernels this is C2D (Wang et al. 2018, "Non-local
// Neural Networks", Sec. 4), which mixes frames only where it pools.
//
// Shapes: x [B,C,T,H,W], C = 3 (RGB) or 2 (flow); convolutions do not stride time.
//
// In an ops::RecomputeScope (ops/recompute) stages keep their inputs only.
#ifndef MRSN_MRSN_BACKBONE_RESNET3D_H_
#define MRSN_MRSN_BACKBONE_RESNET3D_H_

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "mrsn/backbone/backbone_options.h"
#include "mrsn/backbone/conv_norm.h"
#include "mrsn/taps.h"

namespace mrsn {

// Convolutions start Kaiming-normal over their fan-out, batch norms at scale 1
// (a block's last at 0 on request) and shift 0.
class ResNet3dBlock : public torch::nn::Module {
 public:
  ResNet3dBlock(const ResNet3dOptions& options, const ResNet3dOptions::Stage& stage, int64_t input_channels,
                int64_t stride, int64_t temporal_kernel);
  at::Tensor Forward(const at::Tensor& x);  // ReLU(branch(x) + shortcut(x))

 private:
  ConvNorm a_, b_, c_, shortcut_;
};

// x + norm(W_out(f(theta(x), phi(x')) g(x'))), x' = x pooled, f as NonLocalOptions
// says; inner width is half of x's.
class NonLocalBlock : public torch::nn::Module {
 public:
  NonLocalBlock(const ResNet3dOptions& options, int64_t channels);
  at::Tensor Forward(const at::Tensor& x);  // [B,C,T,h,w] -> the same shape

 private:
  NonLocalOptions options_;
  ConvNorm theta_, phi_, g_, out_;
};

class ResNet3d : public torch::nn::Module {
 public:
  explicit ResNet3d(const ResNet3dOptions& options);

  // [B,C,ceil(T / res2_pool),h,w]. Taps: <prefix>stem, <prefix>res2, ...
  at::Tensor Forward(const at::Tensor& x, Taps* taps = nullptr, const std::string& prefix = "");
  at::Tensor Stem(const at::Tensor& x);          // convolution, norm, ReLU, pooling
  at::Tensor Stage(size_t index, at::Tensor x);  // from 0: the paper's res2 (and its pooling), res3, ...
  size_t stages() const { return stages_.size(); }
  static std::string StageName(size_t index) { return "res" + std::to_string(index + 2); }

  int64_t channels() const { return channels_; }  // C
  int64_t stride() const { return stride_; }      // spatial, of the whole network

 private:
  struct NamedBlock {
    std::shared_ptr<ResNet3dBlock> block;
    std::shared_ptr<NonLocalBlock> nonlocal;  // after it; mostly null
  };
  // Of blocks first .. last - 1.
  static std::vector<at::Tensor> ParametersOf(const std::vector<NamedBlock>& blocks, size_t first,
                                              size_t last);

  bool stem_pool_, stem_pool_padding_;
  int64_t res2_pool_;
  int64_t channels_, stride_;
  ConvNorm stem_;
  std::vector<std::vector<NamedBlock>> stages_;
};

// A convolution registered as `name` and a batch norm as `norm_name`, started as above.
struct ConvOptions {
  int64_t in = 0, out = 0;
  int64_t temporal_kernel = 1, kernel = 1, temporal_stride = 1, stride = 1, dilation = 1;
  bool bias = false, norm = true, zero_norm = false;
  bool pad = true;  // zeros around, so that the size is kept (before the stride); else none
};
ConvNorm RegisterConvNorm(torch::nn::Module& owner, const std::string& name, const std::string& norm_name,
                          const torch::nn::BatchNormOptions& norm, const ConvOptions& conv);
ConvNorm RegisterConvNorm(torch::nn::Module& owner, const std::string& name, const std::string& norm_name,
                          const ResNet3dOptions& options, const ConvOptions& conv);

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_RESNET3D_H_
