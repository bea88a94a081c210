// The tensors of a batch of clips, as data sets make them and models read them. Neither room sees
// the other, so the struct stands below both.
//
// Shapes: B clips, T frames of the slow pathway, N persons and O objects over all clips (any
// number, 0 included). Float32 and int64; a tensor that nobody asked for is undefined.
#ifndef MRSN_OPS_CLIP_CLIP_TENSORS_H_
#define MRSN_OPS_CLIP_CLIP_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <tuple>

namespace mrsn {

// The frames: all that a backbone reads.
struct Clip {
  at::Tensor slow;  // [B,3,T,H,W] normalised RGB
  at::Tensor fast;  // [B,3,alpha T,H,W] the same, for models with two pathways
  at::Tensor flow;  // [B,2,T,H,W] motion to the next frame, x and y, 1 = 20 pixels

  // All of them, in the order of datasets::Sample::Stacks(), which they are made from.
  auto Stacks() { return std::tie(slow, fast, flow); }
};

// The frames, and the boxes in them.
struct ClipTensors : Clip {
  // [B,C,h,w] the backbone's map of each clip, computed before; `slow` is then [B,3,0,H,W], which says the
  // frames' size, and no backbone is run.
  at::Tensor features;
  at::Tensor boxes;              // [N,4] persons, x1,y1,x2,y2 in [0,1] of the frame
  at::Tensor clip_index;         // [N] int64 in [0,B), ascending: the clip of each person
  at::Tensor object_boxes;       // [O,4] as boxes
  at::Tensor object_clip_index;  // [O] int64 in [0,B)
};

}  // namespace mrsn

#endif  // MRSN_OPS_CLIP_CLIP_TENSORS_H_
