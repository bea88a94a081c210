// SlowFast's Slow pathway alone (Sec. 4.4): a ResNet3d, pooled over time.
#ifndef MRSN_MRSN_BACKBONE_SLOW_ONLY_H_
#define MRSN_MRSN_BACKBONE_SLOW_ONLY_H_

#include <memory>

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/resnet3d.h"

namespace mrsn {

class SlowOnly : public Backbone {
 public:
  explicit SlowOnly(const SlowOnlyOptions& options)
      : resnet_(register_module("resnet", std::make_shared<ResNet3d>(options.resnet))), pool_(options.pool) {}

  // clip.slow [B,3,T,H,W] -> F [B,C,h,w]. Taps: slow.stem, slow.res2, ...
  at::Tensor Forward(const Clip& clip, Taps* taps = nullptr) override;
  int64_t channels() const override { return resnet_->channels(); }
  int64_t stride() const override { return resnet_->stride(); }
  ResNet3d& resnet() { return *resnet_; }

 private:
  std::shared_ptr<ResNet3d> resnet_;
  TemporalPool pool_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_SLOW_ONLY_H_
