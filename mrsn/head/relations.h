// The results of an MRSE block (Sec. 3.1).
#ifndef MRSN_MRSN_HEAD_RELATIONS_H_
#define MRSN_MRSN_HEAD_RELATIONS_H_

#include <ATen/core/Tensor.h>

namespace mrsn {

// The two relations of every person; a tensor whose encoder is left out is undefined.
struct Relations {
  at::Tensor X;  // actor-context [N,L+1,d]
  at::Tensor Y;  // actor-actor [N,d]
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RELATIONS_H_
