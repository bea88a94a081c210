#include "mrsn/head/actor_position.h"

#include <ATen/ATen.h>

#include "mrsn/head/random_embedding.h"

namespace mrsn {

at::Tensor ActorCell(const at::Tensor& boxes, int64_t grid) {
  const at::Tensor centre = (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) / 2;  // [N,2] x, y
  // fmax, unlike clamp, turns NaN into the 1, which the conversion to integers needs.
  const at::Tensor one = at::ones({}, centre.options());
  const at::Tensor cell = at::fmax((centre * grid).ceil(), one).clamp_max(grid).to(at::kLong) - 1;
  return cell.select(1, 1) * grid + cell.select(1, 0);
}

ActorPosition::ActorPosition(int64_t grid, int64_t width)
    : grid_(grid), embedding_(register_parameter("embedding", RandomEmbedding({grid * grid, width}))) {}

at::Tensor ActorPosition::Forward(const at::Tensor& boxes) {
  return embedding_.index_select(0, ActorCell(boxes, grid_));
}

}  // namespace mrsn
