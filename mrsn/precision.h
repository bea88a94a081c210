// The number format that a detector computes in; without LibTorch.
#ifndef MRSN_MRSN_PRECISION_H_
#define MRSN_MRSN_PRECISION_H_

namespace mrsn {

enum class Precision {
  kFloat32,
  kBfloat16,  // LibTorch's autocast: convolutions and products in bfloat16; weights, features F,
              // RoIAlign, norms and results in float32
};

}  // namespace mrsn

#endif  // MRSN_MRSN_PRECISION_H_
