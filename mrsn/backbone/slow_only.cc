#include "mrsn/backbone/slow_only.h"

namespace mrsn {

at::Tensor SlowOnly::Forward(const Clip& clip, Taps* taps) {
  return PoolOverTime(resnet_->Forward(clip.slow, taps, "slow."), pool_);
}

}  // namespace mrsn
