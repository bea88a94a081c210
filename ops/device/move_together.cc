#include "ops/device/move_together.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>

namespace mrsn {
namespace {

constexpr int64_t kAlignment = 64;  // bytes, of each tensor in the common block

int64_t BytesOf(const at::Tensor& tensor) {
  return tensor.numel() * static_cast<int64_t>(tensor.element_size());
}

// The tensor at `begin` of a block of bytes, of the type and sizes of `like`.
at::Tensor Part(const at::Tensor& block, int64_t begin, const at::Tensor& like) {
  return block.slice(0, begin, begin + BytesOf(like)).view(like.scalar_type()).view(like.sizes());
}

}  // namespace

void MoveTogether(const std::vector<at::Tensor*>& tensors, c10::Device device) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor*> moved;
  std::vector<int64_t> begins;
  int64_t bytes = 0;
  for (at::Tensor* tensor : tensors) {
    if (!tensor->defined() || tensor->device() == device) continue;
    TORCH_CHECK(tensor->is_cpu(), "MoveTogether: a tensor of ", tensor->device(), " on its way to ", device);
    if (device.is_meta()) {
      *tensor = tensor->to(device);
      continue;
    }
    moved.push_back(tensor);
    begins.push_back(bytes);
    bytes += (BytesOf(*tensor) + kAlignment - 1) / kAlignment * kAlignment;
  }
  if (moved.empty()) return;
  const at::Tensor block = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  for (size_t i = 0; i < moved.size(); ++i) Part(block, begins[i], *moved[i]).copy_(*moved[i]);
  const at::Tensor there = block.to(device, /*non_blocking=*/device.is_cuda());
  for (size_t i = 0; i < moved.size(); ++i) *moved[i] = Part(there, begins[i], *moved[i]);
}

void FetchTogether(const std::vector<at::Tensor*>& tensors) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor*> fetched;
  for (at::Tensor* tensor : tensors) {
    if (tensor->defined() && !tensor->is_cpu()) fetched.push_back(tensor);
  }
  if (fetched.empty()) return;
  // Wide types first: then each part begins where its type may begin.
  std::stable_sort(fetched.begin(), fetched.end(), [](const at::Tensor* a, const at::Tensor* b) {
    return a->element_size() > b->element_size();
  });
  std::vector<at::Tensor> parts;
  for (const at::Tensor* tensor : fetched) {
    parts.push_back(tensor->detach().contiguous().view({-1}).view(at::kByte));
  }
  const at::Tensor block = at::cat(parts).to(at::kCPU);
  int64_t begin = 0;
  for (at::Tensor* tensor : fetched) {
    const at::Tensor part = Part(block, begin, *tensor);
    begin += BytesOf(*tensor);
    *tensor = part;
  }
}

}  // namespace mrsn
