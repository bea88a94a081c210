// Short-term Relation Consensus Module (Sec. 3.2.1).
#ifndef MRSN_MRSN_HEAD_RCM_SHORT_H_
#define MRSN_MRSN_HEAD_RCM_SHORT_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "mrsn/head/mrse.h"
#include "mrsn/packed_linear.h"

namespace mrsn {

// Eq. 7: G^n = Concat(X_A^n, X_C^n, Y^n), X_C^n = AvgPool([X_1^n..X_L^n]).
// X [N,L+1,d], Y [N,d] -> [N,3d]; of a relation that is left out nothing enters:
// X only [N,2d], Y only [N,d]. (The mean comes after the last layer's norm, which has
// statistics of its own for every token: none of its FFN's products can be left out.)
at::Tensor RelationFeatures(const Relations& relations);

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

#endif  // MRSN_MRSN_HEAD_RCM_SHORT_H_
