#include "mrsn/head/clip_mask.h"

#include <ATen/ATen.h>

namespace mrsn {

at::Tensor SameClip(const at::Tensor& clips, const at::Tensor& other_clips) {
  return clips.unsqueeze(1) == other_clips.unsqueeze(0);
}

}  // namespace mrsn
