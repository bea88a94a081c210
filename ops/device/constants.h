// Tensors that depend on sizes and settings only, made once for each device.
#ifndef MRSN_OPS_DEVICE_CONSTANTS_H_
#define MRSN_OPS_DEVICE_CONSTANTS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"

namespace mrsn {

// make(), which gives a tensor of the CPU, on the device and with the type of `options`. The same kind and
// numbers give the same tensor for the life of the program, without calling make() or copying again: inside
// a forward pass on an accelerator each copy from the host would make the host wait. Nobody may write to the
// result. `kind` names the caller, "pooling matrix"; `numbers` all that the values follow from. The tensors
// kept are those of the last 256 different calls, none on the meta device. Safe on several threads.
at::Tensor Constant(const char* kind, const std::vector<double>& numbers, const c10::TensorOptions& options,
                    absl::FunctionRef<at::Tensor()> make);

}  // namespace mrsn

#endif  // MRSN_OPS_DEVICE_CONSTANTS_H_
