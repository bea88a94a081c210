// Boxes between tensors, where networks meet them, and Box, where they are compared.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_
#define MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_

#include <ATen/ATen.h>

#include <vector>

#include "ops/base/box.h"

namespace mrsn::baselines {

// [...,4] x1,y1,x2,y2 -> one Box per row, in order.
inline std::vector<Box> BoxesOf(const at::Tensor& boxes) {
  TORCH_CHECK(boxes.dim() >= 1 && boxes.size(-1) == 4, "boxes: expected [...,4], got ", boxes.sizes());
  const at::Tensor rows = boxes.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* row = rows.const_data_ptr<float>();
  std::vector<Box> result;
  result.reserve(rows.numel() / 4);
  for (int64_t i = 0; i < rows.numel(); i += 4) {
    result.push_back({row[i], row[i + 1], row[i + 2], row[i + 3]});
  }
  return result;
}

// -> [N,4] float.
inline at::Tensor TensorOf(const std::vector<Box>& boxes) {
  at::Tensor rows = at::empty({static_cast<int64_t>(boxes.size()), 4}, at::kFloat);
  float* row = rows.data_ptr<float>();
  for (const Box& box : boxes) {
    for (const float coordinate : {box.x1, box.y1, box.x2, box.y2}) *row++ = coordinate;
  }
  return rows;
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_BOX_TENSORS_H_
