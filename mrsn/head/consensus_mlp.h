// The classifier that ends both consensus modules (Sec. 3.2).
#ifndef MRSN_MRSN_HEAD_CONSENSUS_MLP_H_
#define MRSN_MRSN_HEAD_CONSENSUS_MLP_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "mrsn/packed_linear.h"

namespace mrsn {

struct ConsensusMlpOptions {
  int64_t input = 3072;   // g
  int64_t hidden = 1024;  // d
  int64_t classes = 80;   // K
  int64_t layers = 2;     // 1 or 2
  double dropout = 0.5;
};

// Z = MLP(G), the end of Eq. 7 and 8.
//   two layers: Linear(g, d), GELU, dropout, Linear(d, K);  one: dropout, Linear(g, K)
// The last layer starts as PySlowFast's classifier, normal with deviation 0.01.
class ConsensusMlp : public torch::nn::Module {
 public:
  explicit ConsensusMlp(const ConsensusMlpOptions& options);
  at::Tensor Forward(at::Tensor g);  // [N,g] -> logits [N,K]

 private:
  double dropout_;
  torch::nn::Linear hidden_{nullptr}, classifier_{nullptr};
  PackedLinear packed_hidden_, packed_classifier_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_CONSENSUS_MLP_H_
