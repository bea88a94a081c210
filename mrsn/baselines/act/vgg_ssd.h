// SSD's VGG-16 (Liu et al., ECCV 2016, sec. 3): the maps of one frame that boxes are found in.
//
//   level  map, at 300 x 300    channels  reached by
//   0      conv4_3  38 x 38     512       VGG-16; L2-normalised per cell, times a learnt scale, 20
//   1      fc7      19 x 19     1024      pool5 3 x 3 with stride 1, fc6 3 x 3 dilated by 6, fc7
//   2      conv6_2  10 x 10     512       1 x 1 to 256, 3 x 3 with stride 2
//   3      conv7_2  5 x 5       256       1 x 1 to 128, 3 x 3 with stride 2
//   4      conv8_2  3 x 3       256       1 x 1 to 128, 3 x 3 without padding
//   5      conv9_2  1 x 1       256       as level 4
//
// Poolings round up, as in Caffe. Levels that would be empty (of small frames) are left out.
// Weights start as He et al. 2015 (normal, fan in), for published runs start from ImageNet's
// VGG-16, which nothing here reads.
#ifndef MRSN_MRSN_BASELINES_ACT_VGG_SSD_H_
#define MRSN_MRSN_BASELINES_ACT_VGG_SSD_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <vector>

#include "mrsn/baselines/act/act_config.h"

namespace mrsn::baselines {

class VggSsd : public torch::nn::Module {
 public:
  explicit VggSsd(const VggSsdOptions& options);

  // frames [N,3,H,W], resized to input_size (bilinear) unless they have it -> a map
  // [N,C,side,side] per level.
  std::vector<at::Tensor> Forward(at::Tensor frames);

  const std::vector<int>& sides() const { return sides_; }
  const std::vector<int64_t>& channels() const { return channels_; }

 private:
  torch::nn::Conv2d Register(const char* name, int64_t inputs, int64_t outputs, int64_t kernel,
                             int64_t stride = 1, int64_t padding = 0, int64_t dilation = 1);

  VggSsdOptions options_;
  std::vector<int> sides_;
  std::vector<int64_t> channels_;
  std::vector<std::vector<torch::nn::Conv2d>> stages_;  // conv1_* to conv5_*
  torch::nn::Conv2d fc6_{nullptr}, fc7_{nullptr};
  std::vector<torch::nn::Conv2d> extra_;  // conv6_1, conv6_2, ...
  at::Tensor scale_;                      // of conv4_3
};

// x, its type and layout as for a convolution that is quick on the CPU.
at::Tensor Convolve(const torch::nn::Conv2d& conv, const at::Tensor& x);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACT_VGG_SSD_H_
