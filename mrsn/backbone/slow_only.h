// SlowFast's Slow pathway alone (Sec. 4.4): a ResNet3d, averaged over time.
#ifndef MRSN_MRSN_BACKBONE_SLOW_ONLY_H_
#define MRSN_MRSN_BACKBONE_SLOW_ONLY_H_

#include "mrsn/backbone/backbone.h"
#include "mrsn/backbone/resnet3d.h"

namespace mrsn {

class SlowOnly : public Backbone {
 public:
  explicit SlowOnly(const ResNet3dOptions& options)
      : resnet_(register_module("resnet", std::make_shared<ResNet3d>(options))) {}

  // slow [B,3,T,H,W] -> F [B,C,h,w]; fast is not read.
  at::Tensor Forward(const at::Tensor& slow, const at::Tensor& fast) override;
  int64_t channels() const override { return resnet_->channels(); }
  int64_t stride() const override { return resnet_->stride(); }
  ResNet3d& resnet() { return *resnet_; }

 private:
  std::shared_ptr<ResNet3d> resnet_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_SLOW_ONLY_H_
