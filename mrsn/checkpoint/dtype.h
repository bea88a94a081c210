// Element types of tensors in files, without LibTorch.
#ifndef MRSN_MRSN_CHECKPOINT_DTYPE_H_
#define MRSN_MRSN_CHECKPOINT_DTYPE_H_

#include <cstdint>

namespace mrsn {

enum class Dtype { kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kInt16, kInt8, kUint8, kBool };

struct DtypeInfo {
  Dtype dtype;
  const char* name;         // PyTorch's name without "torch."
  const char* safetensors;  // name in a safetensors header
  const char* storage;      // class of its storage in a pickle
  uint64_t bytes;           // of one element
};

inline constexpr DtypeInfo kDtypeInfos[] = {
    {Dtype::kFloat32, "float32", "F32", "torch.FloatStorage", 4},
    {Dtype::kFloat64, "float64", "F64", "torch.DoubleStorage", 8},
    {Dtype::kFloat16, "float16", "F16", "torch.HalfStorage", 2},
    {Dtype::kBFloat16, "bfloat16", "BF16", "torch.BFloat16Storage", 2},
    {Dtype::kInt64, "int64", "I64", "torch.LongStorage", 8},
    {Dtype::kInt32, "int32", "I32", "torch.IntStorage", 4},
    {Dtype::kInt16, "int16", "I16", "torch.ShortStorage", 2},
    {Dtype::kInt8, "int8", "I8", "torch.CharStorage", 1},
    {Dtype::kUint8, "uint8", "U8", "torch.ByteStorage", 1},
    {Dtype::kBool, "bool", "BOOL", "torch.BoolStorage", 1},
};

inline const DtypeInfo& InfoOf(Dtype dtype) { return kDtypeInfos[static_cast<int>(dtype)]; }

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_DTYPE_H_
