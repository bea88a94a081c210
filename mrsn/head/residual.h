// Where an encoder layer's norms are.
#ifndef MRSN_MRSN_HEAD_RESIDUAL_H_
#define MRSN_MRSN_HEAD_RESIDUAL_H_

namespace mrsn {

enum class Residual {
  kBranch,    // X' = LN(MSA(X)) + X, X = LN(FFN(X')) + X': Eq. 2 and 4
  kPreNorm,   // X' = MSA(LN(X)) + X, X = FFN(LN(X')) + X'
  kPostNorm,  // X' = LN(MSA(X) + X), X = LN(FFN(X') + X')
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_RESIDUAL_H_
