// ResNet over clips: spatial convolutions of He et al., with temporal extent in the
// first convolution of chosen blocks (Feichtenhofer et al., "SlowFast"). Structure
// and parameter count are PySlowFast's.
//
// Shapes: x [B,3,T,H,W]; time is never strided.
#ifndef MRSN_MRSN_BACKBONE_RESNET3D_H_
#define MRSN_MRSN_BACKBONE_RESNET3D_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <memory>
#include <vector>

namespace mrsn {

struct ResNet3dOptions {
  enum class Block {
    kBottleneck,  // a: t x 1 x 1, b: 1 x 3 x 3 (stride, dilation), c: 1 x 1 x 1
    kBasic,       // a: t x 3 x 3 (stride, dilation), b: 1 x 3 x 3 (dilation)
  };
  struct Stage {
    int64_t blocks = 0;
    int64_t channels = 0;         // out
    int64_t inner_channels = 0;   // of a bottleneck's a and b
    int64_t stride = 1;           // spatial, of the first block
    int64_t dilation = 1;         // spatial, of every block
    int64_t temporal_kernel = 1;  // odd
    int64_t temporal_blocks = 0;  // the first so many blocks have it, the others 1
  };
  Block block = Block::kBottleneck;
  int64_t input_channels = 3;
  int64_t stem_channels = 64;
  int64_t stem_temporal_kernel = 1;
  int64_t stem_kernel = 7;
  int64_t stem_stride = 2;
  bool stem_pool = true;  // 1 x 3 x 3 max pooling, stride 2
  std::vector<Stage> stages;
  double batch_norm_epsilon = 1e-5;
  double batch_norm_momentum = 0.1;
  bool zero_init_last_batch_norm = false;
};

// R-50's stages as the Slow pathway has them on AVA: temporal kernel 3 in the last
// two, the last one not strided but dilated by 2. `width` is the stem's (64).
std::vector<ResNet3dOptions::Stage> SlowR50Stages(int64_t width);

// Convolutions start Kaiming-normal over their fan-out, batch norms at scale 1
// (a block's last at 0 on request) and shift 0.
class ResNet3dBlock : public torch::nn::Module {
 public:
  ResNet3dBlock(const ResNet3dOptions& options, const ResNet3dOptions::Stage& stage, int64_t input_channels,
                int64_t stride, int64_t temporal_kernel);
  at::Tensor Forward(const at::Tensor& x);  // ReLU(branch(x) + shortcut(x))

 private:
  torch::nn::Conv3d conv_a_{nullptr}, conv_b_{nullptr}, conv_c_{nullptr}, shortcut_{nullptr};
  torch::nn::BatchNorm3d norm_a_{nullptr}, norm_b_{nullptr}, norm_c_{nullptr}, shortcut_norm_{nullptr};
};

class ResNet3d : public torch::nn::Module {
 public:
  explicit ResNet3d(const ResNet3dOptions& options);

  at::Tensor Forward(const at::Tensor& x);       // [B,C,T,h,w]
  at::Tensor Stem(const at::Tensor& x);          // convolution, norm, ReLU, pooling
  at::Tensor Stage(size_t index, at::Tensor x);  // index from 0: the paper's res2, res3, ...
  size_t stages() const { return stages_.size(); }

  int64_t channels() const { return channels_; }  // C
  int64_t stride() const { return stride_; }      // spatial, of the whole network

 private:
  bool stem_pool_;
  int64_t channels_, stride_;
  torch::nn::Conv3d stem_{nullptr};
  torch::nn::BatchNorm3d stem_norm_{nullptr};
  std::vector<std::vector<std::shared_ptr<ResNet3dBlock>>> stages_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_RESNET3D_H_
