// The relation bank's entries around the clips of a batch: H_t of Eq. 8.
#ifndef MRSN_MRSN_HEAD_LONG_TERM_WINDOW_H_
#define MRSN_MRSN_HEAD_LONG_TERM_WINDOW_H_

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdint>

namespace mrsn {

// B clips, M entries over all clips, concatenated in any order. All tensors are undefined if there
// is no bank.
struct LongTermWindow {
  at::Tensor features;    // [M,g] float
  at::Tensor clip_index;  // [M] int64 in [0,B): the clip whose window the entry is in
  at::Tensor offset;      // [M] int64 seconds, entry minus clip, in [-radius, radius]

  bool empty() const { return !features.defined() || features.size(0) == 0; }
};

// Throws c10::Error unless the features are [M,width].
inline void CheckWidth(const LongTermWindow& bank, int64_t width) {
  TORCH_CHECK(bank.features.dim() == 2 && bank.features.size(1) == width, "bank features: expected width ",
              width, ", got ", bank.features.sizes());
}

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_LONG_TERM_WINDOW_H_
