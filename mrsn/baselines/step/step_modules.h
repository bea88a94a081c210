// STEP's networks (Yang et al., CVPR 2019, sec. 3.2; layers of the public code, NVlabs/STEP).
//
// Shapes: B clips of T frames, P = T / 4 temporal positions, M proposals, K classes, C channels of
// the map: 832, or 1664 with flow. All widths are divided by width_divisor.
#ifndef MRSN_MRSN_BASELINES_STEP_STEP_MODULES_H_
#define MRSN_MRSN_BASELINES_STEP_STEP_MODULES_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/inception3d.h"
#include "mrsn/baselines/step/proposals.h"
#include "mrsn/baselines/step/step_config.h"
#include "mrsn/baselines/step/step_loss.h"

namespace mrsn::baselines {

// I3D up to mixed_4f, time kept; with flow one for each, their maps side by side. Submodules
// "rgb" and "flow".
class StepBackbone : public torch::nn::Module {
 public:
  explicit StepBackbone(const StepOptions& options);
  at::Tensor Forward(const Clip& clip);  // -> [B,C,P,h,w]
  int64_t channels() const;              // C
  int64_t stride() const { return rgb_->stride(); }

 private:
  std::shared_ptr<Inception3d> rgb_, flow_;
};

// mixed_5b and mixed_5c.
class Mixed5 : public torch::nn::Module {
 public:
  Mixed5(const StepOptions& options, int64_t inputs);
  at::Tensor Forward(const at::Tensor& x);  // [.,inputs,P,h,w] -> [.,1024,P,h,w]

 private:
  std::shared_ptr<InceptionModule> mixed_5b_, mixed_5c_;
};

// The map around: max pooling 3 x 3 with stride 2, Mixed5, average over space.
class StepContext : public torch::nn::Module {
 public:
  StepContext(const StepOptions& options, int64_t channels);
  at::Tensor Forward(const at::Tensor& map);  // [B,C,P,h,w] -> [B,P,1024]

 private:
  std::shared_ptr<Mixed5> mixed_;
};

// One step's two branches, over RoI features X [M,C,P,7,7]:
//   global: Y = 1 x 1 x 1(Mixed5(X)) [M,256,P,7,7]
//           logits = mean over positions of Linear(dropout([Y flattened, context])) [M,K]
//   local, position by position: Z = 1 x 1(three bottlenecks([X, Y])) [M P,256,7,7]
//           offsets = Linear(dropout(Z) flattened) [M,P,4]
//   before, after (if `anticipates`): offsets + another Linear each of the same
class StepHead : public torch::nn::Module {
 public:
  StepHead(const StepOptions& options, int64_t channels, bool anticipates);
  // context [M,P,1024]: its clip's, for each proposal.
  StepPredictions Forward(const at::Tensor& rois, const at::Tensor& context);

 private:
  at::Tensor Bottleneck(size_t first, const at::Tensor& x, const at::Tensor& residual);

  double dropout_;
  std::shared_ptr<Mixed5> mixed_;
  torch::nn::Conv3d reduce_global_{nullptr};
  torch::nn::Linear classifier_{nullptr}, regressor_{nullptr}, before_{nullptr}, after_{nullptr};
  torch::nn::Conv2d shortcut_{nullptr}, reduce_local_{nullptr};
  std::vector<torch::nn::Conv2d> local_;  // three for each bottleneck
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_STEP_STEP_MODULES_H_
