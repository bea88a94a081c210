// Boxes between tensors, where networks meet them, and Box, where they are compared.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_
#define MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::baselines {

static_assert(sizeof(Box) == 4 * sizeof(float), "boxes are copied as rows of four floats");

// [...,4] x1,y1,x2,y2 -> one Box per row, in order.
inline std::vector<Box> BoxesOf(const at::Tensor& boxes) {
  TORCH_CHECK(boxes.dim() >= 1 && boxes.size(-1) == 4, "boxes: expected [...,4], got ", boxes.sizes());
  const at::Tensor rows = boxes.detach().to(at::kCPU, at::kFloat).contiguous();
  std::vector<Box> result(rows.numel() / 4);
  if (!result.empty()) std::memcpy(result.data(), rows.const_data_ptr<float>(), rows.numel() * sizeof(float));
  return result;
}

// -> [N,4] float.
inline at::Tensor TensorOf(const std::vector<Box>& boxes) {
  at::Tensor rows = at::empty({static_cast<int64_t>(boxes.size()), 4}, at::kFloat);
  if (!boxes.empty()) std::memcpy(rows.data_ptr<float>(), boxes.data(), boxes.size() * sizeof(Box));
  return rows;
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_
