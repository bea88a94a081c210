// A network from frames to one feature map per clip.
#ifndef MRSN_MRSN_BACKBONE_BACKBONE_H_
#define MRSN_MRSN_BACKBONE_BACKBONE_H_

#include <torch/nn/module.h>

#include "mrsn/backbone/backbone_options.h"
#include "mrsn/backbone/frozen_norm.h"
#include "mrsn/model_needs.h"
#include "mrsn/taps.h"
#include "ops/clip/clip_tensors.h"

namespace mrsn {

class Backbone : public FreezableBatchNorm<ModuleWithBatchNorm> {
 public:
  // Returns F [B,C,h,w]: the last stage pooled over time, pathways or streams put together.
  // Taps: each pathway's stages, "slow.stem" [B,c,T,h,w], "slow.res2", ...
  virtual at::Tensor Forward(const Clip& clip, Taps* taps = nullptr) = 0;

  virtual int64_t channels() const = 0;  // C
  virtual int64_t stride() const = 0;    // pixels of the frame per cell of F: h = ceil(H / stride)
  virtual BackboneNeeds needs() const { return {}; }  // NeedsOf its options
};

at::Tensor PoolOverTime(const at::Tensor& x, TemporalPool pool);  // [B,C,T,h,w] -> [B,C,h,w]

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_BACKBONE_H_
