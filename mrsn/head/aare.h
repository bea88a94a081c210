// Actor-Actor Relation Encoder (Sec. 3.1.2): the persons of a clip attend to each other.
#ifndef MRSN_MRSN_HEAD_AARE_H_
#define MRSN_MRSN_HEAD_AARE_H_

#include <memory>
#include <vector>

#include "mrsn/head/attention_block.h"

namespace mrsn {

// Eq. 4, k = 1..M_AARE:
//   Y_0 = [R_A^1..R_A^N] + [E_A^1..E_A^N]
//   Y'_k = LN(MSA(Y_{k-1})) + Y_{k-1};  Y_k = LN(FFN(Y'_k)) + Y'_k
class Aare : public torch::nn::Module {
 public:
  explicit Aare(const EncoderOptions& options);

  // y [N,d], same_clip bool [N,N] (SameClip of clip_mask.h) -> [N,d]. The batch is one
  // sequence of all its persons; the mask, not padding, keeps clips apart.
  at::Tensor Forward(const at::Tensor& y, const at::Tensor& same_clip);

 private:
  std::vector<std::shared_ptr<EncoderLayer>> layers_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_AARE_H_
