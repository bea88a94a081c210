// Short-term Relation Consensus Module (Sec. 3.2.1): the features that consensus_mlp.h classifies.
#ifndef MRSN_MRSN_HEAD_RCM_SHORT_H_
#define MRSN_MRSN_HEAD_RCM_SHORT_H_

#include "mrsn/head/relations.h"

namespace mrsn {

// Eq. 7: G^n = Concat(X_A^n, X_C^n, Y^n), X_C^n = AvgPool([X_1^n..X_L^n]).
// X [N,L+1,d], Y [N,d] -> [N,3d]. A relation that is left out adds nothing:
// X only [N,2d], Y only [N,d]. (The mean comes after the last layer's norm. That norm
// has statistics of its own for every token, so no product of its FFN can be left out.)
at::Tensor RelationFeatures(const Relations& relations);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RCM_SHORT_H_
