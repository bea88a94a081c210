// Actor-Context Relation Encoder (Sec. 3.1.1): each person's token attends, with
// the clip's context tokens, to all of them.
#ifndef MRSN_MRSN_HEAD_ACRE_H_
#define MRSN_MRSN_HEAD_ACRE_H_

#include <memory>
#include <vector>

#include "mrsn/head/attention_block.h"

namespace mrsn {

// Eq. 2, k = 1..M_ACRE:
//   X_0 = T^n;  X'_k = LN(MSA(X_{k-1})) + X_{k-1};  X_k = LN(FFN(X'_k)) + X'_k
class Acre : public torch::nn::Module {
 public:
  explicit Acre(const EncoderOptions& options);

  // X [N,L+1,d] -> [N,L+1,d], the actor's token first.
  at::Tensor Forward(at::Tensor x);

  // The same from the parts of X_0 = T^n: actors [N,d] (R_A^n + E_A), context
  // [B,L,d] (R_i + E_i), clip_index [N]. Work that is the same for all
  // persons of a clip is done once (MultiHeadAttention::ActorContextAttention). In the feed-forward part and
  // in further layers every token depends on its person, and no work is shared.
  at::Tensor ForwardFromTokens(const at::Tensor& actors, const at::Tensor& context,
                               const at::Tensor& clip_index);

 private:
  std::vector<std::shared_ptr<EncoderLayer>> layers_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_ACRE_H_
