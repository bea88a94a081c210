// Multi-Relation Support Encoder (Sec. 3.1): ACRE, AARE and RSE, any of which may
// be left out (Table 4), as one block that can be stacked.
#ifndef MRSN_MRSN_HEAD_MRSE_H_
#define MRSN_MRSN_HEAD_MRSE_H_

#include <memory>

#include "mrsn/head/aare.h"
#include "mrsn/head/acre.h"
#include "mrsn/head/mrsn_head_config.h"
#include "mrsn/head/relations.h"
#include "mrsn/head/rse.h"

namespace mrsn {

// The tokens that the first block starts from. A token that no encoder reads may be undefined.
struct RelationTokens {
  at::Tensor actors_in_context;  // [N,d] R_A^n + E_A
  at::Tensor context;            // [B,L,d] R_i + E_i
  at::Tensor actors_in_place;    // [N,d] R_A^n + E_A^n, Eq. 3
};

class Mrse : public torch::nn::Module {
 public:
  explicit Mrse(const MrseOptions& options);

  // The first block. clip_index [N], same_clip [N,N].
  Relations ForwardFromTokens(const RelationTokens& tokens, const at::Tensor& clip_index,
                              const at::Tensor& same_clip);
  // A further block, on the relations of the one before.
  Relations Forward(Relations relations, const at::Tensor& same_clip);

 private:
  Relations Support(Relations relations);

  std::shared_ptr<Acre> acre_;
  std::shared_ptr<Aare> aare_;
  std::shared_ptr<Rse> rse_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_MRSE_H_
