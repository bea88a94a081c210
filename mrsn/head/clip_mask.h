// Masks that keep the clips of a batch apart.
#ifndef MRSN_MRSN_HEAD_CLIP_MASK_H_
#define MRSN_MRSN_HEAD_CLIP_MASK_H_

#include <ATen/core/Tensor.h>

namespace mrsn {

// clips [a] and other_clips [b], int64 -> bool [a,b]: whether the two are the same clip.
at::Tensor SameClip(const at::Tensor& clips, const at::Tensor& other_clips);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_CLIP_MASK_H_
