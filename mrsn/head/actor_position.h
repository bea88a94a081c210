// Eq. 3: a person's place as one of (S/p)^2 learnable embeddings.
//
// The paper prints i = ceil((x1 + x2) p / 2), which for p = 2 has only a 2 x 2 grid. The paper's text names
// the S/p x S/p grid of the context patches. So, with G = S/p:
//   i = clamp(ceil((x1 + x2)/2 G), 1, G),  j likewise from y,  E_A^n = E_{i,j}.
#ifndef MRSN_MRSN_HEAD_ACTOR_POSITION_H_
#define MRSN_MRSN_HEAD_ACTOR_POSITION_H_

#include <torch/nn/module.h>

namespace mrsn {

// boxes [N,4] x1,y1,x2,y2 in [0,1] of the frame. Returns [N] int64: the cell of
// the box's centre, (j-1) grid + (i-1), i.e. row by row, the order of the context
// tokens. A centre on a line between cells belongs to the lower one; one outside
// the frame to the nearest cell; NaN to the first.
at::Tensor ActorCell(const at::Tensor& boxes, int64_t grid);

class ActorPosition : public torch::nn::Module {
 public:
  ActorPosition(int64_t grid, int64_t width);
  at::Tensor Forward(const at::Tensor& boxes);  // E_A^n: [N,4] -> [N,width]

 private:
  int64_t grid_;
  at::Tensor embedding_;  // [grid^2,width]
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_ACTOR_POSITION_H_
