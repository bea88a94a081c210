// The precision that a device computes convolutions and products in.
//
//   const MathSettings settings({at::kBFloat16, /*tf32=*/true});  // of CUDA, for the whole training
//   ...
//   const Autocast autocast(device.type(), at::kBFloat16);        // around each forward pass
#ifndef MRSN_OPS_DEVICE_ARITHMETIC_H_
#define MRSN_OPS_DEVICE_ARITHMETIC_H_

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

namespace mrsn {

struct Arithmetic {
  // kFloat; kBFloat16 and kHalf: LibTorch's autocast to that type. Weights and their gradients, norms, sums
  // and losses stay float32.
  c10::ScalarType type = c10::kFloat;
  // On CUDA, float32 products take numbers of 10 bits of mantissa instead of 23. PyTorch has it on for
  // convolutions and off for matrix products.
  bool tf32 = false;
  // On CUDA, cuDNN tries its algorithms when it meets a size for the first time and keeps the fastest. The
  // choice may differ from run to run, and with it the last bits.
  bool cudnn_autotune = false;
};

// Autocast to `type` on one kind of device and in this thread, for as long as it lives. They nest. Does
// nothing for kFloat, and for a device without autocast, such as meta.
//
// It belongs around the forward pass and the loss. The backward pass computes in the types of the forward
// pass without it.
class Autocast {
 public:
  Autocast(c10::DeviceType device, c10::ScalarType type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const c10::DeviceType device_;
  const bool active_;
  bool was_enabled_ = false, was_cached_ = false;
  c10::ScalarType was_type_ = c10::kFloat;
};

// LibTorch's settings tf32 and cudnn_autotune of an Arithmetic, in the whole process, for as long as it
// lives. `type` is Autocast's. One at a time, or nested in one thread.
class MathSettings {
 public:
  explicit MathSettings(const Arithmetic& arithmetic);
  ~MathSettings();
  MathSettings(const MathSettings&) = delete;
  MathSettings& operator=(const MathSettings&) = delete;

 private:
  // at::Float32Precision, of matrix products and convolutions.
  const int products_, convolutions_;
  const bool autotuned_;
};

}  // namespace mrsn

#endif  // MRSN_OPS_DEVICE_ARITHMETIC_H_
