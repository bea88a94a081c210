// Sums over the entries that a mask selects.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_MASKED_SUM_H_
#define MRSN_MRSN_BASELINES_ANCHORS_MASKED_SUM_H_

#include <ATen/ATen.h>

namespace mrsn::baselines {

// The sum of the values whose `mask`, bool of the same shape, is true. Others may be infinite: they are left
// out, not multiplied by 0. On an accelerator the host does not wait to learn how many are selected.
inline at::Tensor MaskedSum(const at::Tensor& values, const at::Tensor& mask) {
  if (values.is_cpu()) return values.masked_select(mask).sum();
  return at::where(mask, values, at::zeros({}, values.options())).sum();
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_MASKED_SUM_H_
