// What stands between feature map and logits: the paper's head, the linear head
// and every baseline share this interface, and with it backbone, boxes and trainer.
#ifndef MRSN_MRSN_HEAD_RELATION_HEAD_H_
#define MRSN_MRSN_HEAD_RELATION_HEAD_H_

#include <torch/nn/module.h>

#include <functional>

#include "mrsn/detector_input.h"
#include "mrsn/model_needs.h"
#include "mrsn/taps.h"

namespace mrsn {

// The detector's input, with one person at least, and what the backbone makes of it.
struct HeadInput : DetectorInput {
  at::Tensor features;  // F [B,C,h,w]
  at::Tensor actors;    // A [N,C,7,7]; N >= 1
  // [O,C,7,7] the features of object_boxes, made as A is; undefined unless the head reads objects and the
  // clips come with boxes of objects.
  at::Tensor objects;
  // RoIAlign of the persons' boxes, as A was made, on another map [B,X,h,w] of F's
  // grid -> [N,X,7,7]. For heads that pool the persons from a map of their own.
  std::function<at::Tensor(const at::Tensor&)> roi_align;
};

struct HeadOutput {
  at::Tensor G;       // [N,g]
  at::Tensor logits;  // [N,K]
  // [N, the bank's width] without a graph: the features of these persons that the windows of other clips
  // shall hold. Undefined unless the head needs a bank that is its own_memory.
  at::Tensor memory;
};

class RelationHead : public torch::nn::Module {
 public:
  // `taps`: where to note intermediates, if anywhere.
  virtual HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) = 0;
  virtual HeadNeeds needs() const = 0;  // NeedsOf its options
  // Whether it trains batch norms. Such a head is also given N = 0 persons, because these norms may share
  // their batch with other processes, which wait for them (ops/norm_relu/synced_norms.h).
  virtual bool trains_norms() const { return false; }
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RELATION_HEAD_H_
