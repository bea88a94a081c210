// Many tensors to a device, or back, in one transfer.
#ifndef MRSN_OPS_DEVICE_MOVE_TOGETHER_H_
#define MRSN_OPS_DEVICE_MOVE_TOGETHER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <vector>

namespace mrsn {

// Replaces tensors of the CPU by contiguous ones on the device, with one copy for all of them. The copy to a
// CUDA device starts from pinned memory and does not wait for work that is queued there. Tensors that are on
// the device already, and undefined ones, stay as they are; on the CPU and the meta device so do strides.
// Throws c10::Error for a tensor of a third device. No gradients go through.
void MoveTogether(const std::vector<at::Tensor*>& tensors, c10::Device device);

// Replaces tensors of one device by contiguous ones on the CPU, with one copy, for which the host waits.
// Tensors of the CPU stay as they are. No gradients go through.
void FetchTogether(const std::vector<at::Tensor*>& tensors);

}  // namespace mrsn

#endif  // MRSN_OPS_DEVICE_MOVE_TOGETHER_H_
