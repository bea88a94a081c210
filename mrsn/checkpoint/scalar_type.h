// Converts between Dtype and LibTorch's types.
#ifndef MRSN_MRSN_CHECKPOINT_SCALAR_TYPE_H_
#define MRSN_MRSN_CHECKPOINT_SCALAR_TYPE_H_

#include <c10/core/ScalarType.h>

#include "mrsn/checkpoint/dtype.h"

namespace mrsn {

inline c10::ScalarType ScalarTypeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat32:
      return c10::kFloat;
    case Dtype::kFloat64:
      return c10::kDouble;
    case Dtype::kFloat16:
      return c10::kHalf;
    case Dtype::kBFloat16:
      return c10::kBFloat16;
    case Dtype::kInt64:
      return c10::kLong;
    case Dtype::kInt32:
      return c10::kInt;
    case Dtype::kInt16:
      return c10::kShort;
    case Dtype::kInt8:
      return c10::kChar;
    case Dtype::kUint8:
      return c10::kByte;
    case Dtype::kBool:
      return c10::kBool;
  }
  return c10::ScalarType::Undefined;
}

// PyTorch's name, "float32"; LibTorch's name for a type that is not in dtype.h.
inline const char* DtypeName(c10::ScalarType type) {
  for (const DtypeInfo& info : kDtypeInfos) {
    if (ScalarTypeOf(info.dtype) == type) return info.name;
  }
  return c10::toString(type);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_SCALAR_TYPE_H_
