// The paper's head with a fault, to see whether a test would notice the fault.
#ifndef MRSN_MRSN_TESTING_BROKEN_HEAD_H_
#define MRSN_MRSN_TESTING_BROKEN_HEAD_H_

#include <ATen/core/Tensor.h>

#include "mrsn/head/relation_head.h"

namespace mrsn {

enum class HeadFault {
  kNone,
  kNoResiduals,  // Eq. 2 and 4 without "+ X" and "+ X'"
  kNoAcre,       // X^n are the tokens [R_A^n + E_A, R_i + E_i] themselves
  kNoAare,       // Y^n is the token R_A^n + E_A^n itself
};

// The logits [N,K] that an MrsnHead with ACRE and AARE of one layer each, and nothing else, would give if its
// code had the fault. They are computed from its submodules. N >= 1; no gradients. Throws for another head.
at::Tensor LogitsWithFault(const RelationHead& head, const HeadInput& input, HeadFault fault);

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_BROKEN_HEAD_H_
