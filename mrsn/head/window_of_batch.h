// The long-term window of a process that computes a share of a batch.
#ifndef MRSN_MRSN_HEAD_WINDOW_OF_BATCH_H_
#define MRSN_MRSN_HEAD_WINDOW_OF_BATCH_H_

#include <ATen/ATen.h>

#include "mrsn/head/long_term_window.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn {

// LongTermWindow::clip_index of what no person sees; equal to no clip (clip_mask.h: SameClip).
constexpr int64_t kNoClip = -1;

// `bank`, or where only clips of other processes have entries, one entry of zeros that no person sees
// (ops::OnlyOthersHave says why). `options`: of its features, [1,width].
inline LongTermWindow WindowOfBatch(const LongTermWindow& bank, int64_t width,
                                    const at::TensorOptions& options) {
  const int64_t own = bank.empty() ? 0 : bank.features.size(0);
  if (!ops::OnlyOthersHave(ops::RowKind::kEntries, own)) return bank;
  return {at::zeros({1, width}, options), at::full({1}, kNoClip, options.dtype(at::kLong)),
          at::zeros({1}, options.dtype(at::kLong))};
}

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_WINDOW_OF_BATCH_H_
