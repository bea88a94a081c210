// Relation Support Encoder (Sec. 3.1.3): each person's actor-context and
// actor-actor relations attend to each other.
#ifndef MRSN_MRSN_HEAD_RSE_H_
#define MRSN_MRSN_HEAD_RSE_H_

#include <memory>
#include <utility>
#include <vector>

#include "mrsn/head/attention_block.h"

namespace mrsn {

// Eq. 5, k = 1..M_RSE (both primed terms from step k-1; the paper prints X_k, Y_k
// for them):
//   X'_k = LN(MCA_X(X_{k-1}, Y_{k-1})) + X_{k-1}
//   Y'_k = LN(MCA_Y(Y_{k-1}, X_{k-1})) + Y_{k-1}
//   X_k  = LN(FFN_X(X'_k)) + X'_k,   Y_k = LN(FFN_Y(Y'_k)) + Y'_k
// Per person: X^n has L+1 tokens and Y^n one, so MCA_X has a single key
// (MultiHeadAttention::SingleKeyAttention) and MCA_Y a single query.
class Rse : public torch::nn::Module {
 public:
  explicit Rse(const EncoderOptions& options);

  // x [N,L+1,d], y [N,d] -> the same shapes.
  std::pair<at::Tensor, at::Tensor> Forward(at::Tensor x, at::Tensor y);

 private:
  // MCA_X with LN and FFN_X are an encoder layer's parts, and so are MCA_Y's.
  std::vector<std::shared_ptr<EncoderLayer>> x_layers_, y_layers_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RSE_H_
