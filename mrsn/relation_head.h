// What stands between feature map and logits: the paper's head, the linear head
// and every baseline share this interface, and with it backbone, boxes and trainer.
#ifndef MRSN_MRSN_RELATION_HEAD_H_
#define MRSN_MRSN_RELATION_HEAD_H_

#include <torch/nn/module.h>

#include "mrsn/taps.h"

namespace mrsn {

// Bank entries around each clip, all clips' entries concatenated in any order.
struct LongTermWindow {
  at::Tensor features;    // [M,g] float
  at::Tensor clip_index;  // [M] int64 in [0,B): the clip whose window the entry is in
  at::Tensor offset;      // [M] int64 seconds, entry minus clip, in [-radius, radius]
};

struct HeadInput {
  at::Tensor features;    // F [B,C,h,w]
  at::Tensor actors;      // A [N,C,7,7]; N >= 1
  at::Tensor boxes;       // [N,4] x1,y1,x2,y2 in [0,1] of the frame
  at::Tensor clip_index;  // [N] int64 in [0,B), ascending
  LongTermWindow bank;    // tensors undefined if there is no bank
  Taps* taps = nullptr;   // where to note intermediates, if anywhere
};

struct HeadOutput {
  at::Tensor G;       // [N,g]
  at::Tensor logits;  // [N,K]
};

class RelationHead : public torch::nn::Module {
 public:
  virtual HeadOutput Forward(const HeadInput& input) = 0;
  virtual int64_t num_classes() const = 0;     // K
  virtual int64_t relation_width() const = 0;  // g
  // omega: seconds before and after the clip the bank window spans; 0 = needs no bank.
  virtual int64_t bank_radius() const { return 0; }
};

}  // namespace mrsn

#endif  // MRSN_MRSN_RELATION_HEAD_H_
