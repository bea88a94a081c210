// Long-term Relation Consensus Module (Sec. 3.2.2).
#ifndef MRSN_MRSN_HEAD_RCM_LONG_H_
#define MRSN_MRSN_HEAD_RCM_LONG_H_

#include <torch/nn/modules/linear.h>

#include <memory>

#include "mrsn/head/attention_block.h"
#include "mrsn/head/long_term_window.h"

namespace mrsn {

struct LongTermSupportOptions {
  int64_t width = 3072;        // g of G and of the bank's features
  int64_t inner_width = 1024;  // of queries, keys and values
  int64_t heads = 8;
  int64_t window_seconds = 10;  // omega
  // Departures from Eq. 8.
  bool distance_embedding = true;
  bool own_second = true;  // false: entries of the clip's own second are in no window
  int64_t bank_width = 0;  // above 0: of the bank's features, from which a linear map makes g
};

// The inside of Eq. 8: LN(MCA({G_n}, H_t + E_dist)) + {G_n}. H_t are the bank's
// entries of n's clip's window, E_dist a learnable embedding per second
// -omega..omega. A clip with an empty window keeps its G.
class LongTermSupport : public torch::nn::Module {
 public:
  explicit LongTermSupport(const LongTermSupportOptions& options);

  // G [N,g], clip_index [N]; bank as LongTermWindow says (M = 0 or undefined
  // tensors: nothing in any window) -> [N,g]. An entry is a key for the persons of
  // its own clip only. Throws c10::Error for an offset beyond omega, if there is an E_dist.
  at::Tensor Forward(const at::Tensor& G, const at::Tensor& clip_index, const LongTermWindow& bank);

  // Of a bank with entries: H_t + E_dist [M,g], and which person sees which entry, bool [N,M].
  at::Tensor Keys(const LongTermWindow& bank);
  at::Tensor InWindow(const at::Tensor& clip_index, const LongTermWindow& bank) const;

 private:
  int64_t BankWidth() const;  // of the bank's features

  LongTermSupportOptions options_;
  std::shared_ptr<MultiHeadAttention> attention_;
  torch::nn::LayerNorm norm_{nullptr};
  at::Tensor distance_embedding_;        // E_dist [2 omega + 1, g]; undefined without
  torch::nn::Linear bank_map_{nullptr};  // with bank_width: bank_width -> g
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RCM_LONG_H_
