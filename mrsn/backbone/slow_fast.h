// SlowFast (Feichtenhofer et al. 2019): a Slow pathway over few frames, a thin Fast one
// over alpha times as many, and lateral connections from Fast to Slow after the stem
// and after every stage but the last.
//
// Shapes: slow [B,3,T,H,W], fast [B,3,alpha T,H,W].
#ifndef MRSN_MRSN_BACKBONE_SLOW_FAST_H_
#define MRSN_MRSN_BACKBONE_SLOW_FAST_H_

#include <memory>
#include <vector>

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/resnet3d.h"

namespace mrsn {

// Submodules "slow", "fast", and "lateral_stem", "lateral_res2", ... each with "conv"
// and "norm".
class SlowFast : public Backbone {
 public:
  explicit SlowFast(SlowFastOptions options);

  // Throws c10::Error unless fast has alpha times slow's frames, of the same size.
  // Taps, per stage: slow.stem (before the concatenation), fast.stem, slow.stem_fused
  // (after it), slow.res2, ...
  at::Tensor Forward(const Clip& clip, Taps* taps = nullptr) override;
  int64_t channels() const override { return slow_->channels() + fast_->channels(); }
  int64_t stride() const override { return slow_->stride(); }
  BackboneNeeds needs() const override { return NeedsOf(options_); }

 private:
  SlowFastOptions options_;
  std::shared_ptr<ResNet3d> slow_, fast_;
  std::vector<ConvNorm> laterals_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_SLOW_FAST_H_
