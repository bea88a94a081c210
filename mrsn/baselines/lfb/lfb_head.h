// The head of long-term feature banks (Wu et al. 2019, "Long-Term Feature Banks for
// Detailed Video Understanding", sec. 3); settings the paper leaves out from
// github.com/facebookresearch/video-long-term-feature-banks (lib/models/lfb_helper.py,
// lib/core/config.py, configs/ava_r50_lfb_nl.yaml).
//
//   S_n = max over the person's RoI                                     [N,C]
//   L   = the bank's features in the clip's window
//   FBO(S, L):  NON_LOCAL  S W and L W' of width c, then layers of non_local.h
//               AVERAGE, MAX  of L, over the window
//   G = [S, FBO(S, L)];  logits = Linear(dropout(G))
//
// The bank is that of a linear head trained on its own: its G is S.
//
// Here, and not in the public code:
//   - Every bank entry in the window is seen, unless sampled_per_second asks for the public
//     code's draw of 5, and then in training only, unless asked for, too. So the scores are a
//     function of the input.
//   - Nothing is filled up with zero vectors, which take part in softmax and average there.
//   - Entries are projected once per clip, not once per person: the same result, and
//     fewer multiply-adds than the public code (300 entries times N there).
//   - A clip with an empty window: AVERAGE and MAX give 0, NON_LOCAL gives S W.
//   - The layers' norm has no scale and shift, as in the paper's Caffe2 code; mmaction2's
//     has (affine_norm).
#ifndef MRSN_MRSN_BASELINES_LFB_LFB_HEAD_H_
#define MRSN_MRSN_BASELINES_LFB_LFB_HEAD_H_

#include <torch/nn/modules/linear.h>

#include <memory>
#include <vector>

#include "mrsn/baselines/lfb/lfb_config.h"
#include "mrsn/baselines/non_local.h"
#include "mrsn/head/relation_head.h"

namespace mrsn::baselines {

// Taps: long_term (FBO(S, L)), G.
class LfbHead : public RelationHead {
 public:
  explicit LfbHead(const LfbHeadOptions& options);
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }

 private:
  at::Tensor NonLocal(at::Tensor persons, const LongTermWindow& bank, const at::Tensor& in_window);
  static at::Tensor Average(const LongTermWindow& bank, const at::Tensor& in_window);
  at::Tensor Largest(const HeadInput& input, const LongTermWindow& bank, const at::Tensor& seen) const;
  // [M]: which entries of the bank a pass sees.
  at::Tensor Seen(const LongTermWindow& bank, int64_t clips) const;
  at::Tensor LongTerm(const HeadInput& input, const at::Tensor& persons);

  LfbHeadOptions options_;
  torch::nn::Linear reduce_persons_{nullptr}, reduce_bank_{nullptr}, classifier_{nullptr};
  std::vector<std::shared_ptr<NonLocalLayer>> layers_;
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_LFB_LFB_HEAD_H_
