// What the paper's head looks at: the attention weights of its encoders' first layers, for pictures.
#ifndef MRSN_MRSN_HEAD_RELATION_WEIGHTS_H_
#define MRSN_MRSN_HEAD_RELATION_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include "mrsn/detector_input.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/taps.h"

namespace mrsn {

// Softmax weights of Eq. 6, averaged over the attention's heads; N persons, L = (S/p)^2 context tokens, row
// by row over the frame, M entries of the bank. A tensor whose encoder the head lacks is undefined.
struct RelationWeights {
  // ACRE (Eq. 2, k = 1): of person n for the context tokens of the own clip. The person's own token has the
  // rest of 1.
  at::Tensor context;  // [N,L]
  // AARE (Eq. 4, k = 1): of person n for each person, the own one included; 0 for those of other clips. Rows
  // sum to 1.
  at::Tensor persons;  // [N,N]
  // Eq. 8: of person n for each entry of the own clip's window; rows sum to 1, or are 0 where it is empty.
  at::Tensor entries;  // [N,M]
};

// Computed once more from the tokens that a forward pass of `head` on `input` has noted in `taps`: the pass
// itself keeps no weights. `input` and `taps` are on the head's device. Throws c10::Error if `taps` lacks a
// token.
RelationWeights RelationWeightsOf(MrsnHead& head, const DetectorInput& input, const Taps& taps);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RELATION_WEIGHTS_H_
