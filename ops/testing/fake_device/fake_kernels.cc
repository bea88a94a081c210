// The fake device's operations: a few by hand, all others by the CPU's kernels on copies.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/InferSize.h>
#include <ATen/TensorUtils.h>
#include <ATen/native/CPUFallback.h>
#include <torch/library.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "ops/testing/fake_device/fake_backend.h"
#include "ops/testing/fake_device/fake_device.h"
#include "ops/testing/fake_device/fake_memory.h"

namespace mrsn::testing {
namespace {

using OptionalInt = std::optional<int64_t>;

const c10::DispatchKeySet kKeys(c10::DispatchKey::HPU);

// Copies that the fallback makes are the device's own affair.
thread_local int inside_fallback = 0;

class InsideFallback {
 public:
  InsideFallback() { ++inside_fallback; }
  ~InsideFallback() { --inside_fallback; }
};

bool OnDevice(const at::Tensor& tensor) { return tensor.device().type() == kFakeDeviceType; }

std::string Describe(const at::Tensor& tensor) {
  std::string text = std::string(c10::toString(tensor.scalar_type())) + " [";
  for (const int64_t size : tensor.sizes()) text += (text.back() == '[' ? "" : ",") + std::to_string(size);
  return text + "]";
}

// The same memory as a tensor of the CPU; to be used while a HostAccess lives.
at::Tensor Alias(const at::Tensor& tensor) {
  if (!tensor.defined() || !OnDevice(tensor)) return tensor;
  void* data = tensor.numel() == 0 ? nullptr
                                   : static_cast<char*>(tensor.storage().mutable_data()) +
                                         tensor.storage_offset() * tensor.itemsize();
  return at::from_blob(data, tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

at::Tensor Empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, FakeAllocator(), kKeys, c10::dtype_or_default(type), format);
}

at::Tensor EmptyStrided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> type,
                        std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, FakeAllocator(), kKeys, c10::dtype_or_default(type));
}

at::Tensor AsStrided(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride,
                     OptionalInt offset) {
  at::Tensor view = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(self.storage()), self.key_set(), self.dtype());
  view.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride, offset.value_or(self.storage_offset()));
  return view;
}

at::Tensor ReshapeAlias(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride) {
  return AsStrided(self, size, stride, std::nullopt);
}

at::Tensor View(const at::Tensor& self, at::IntArrayRef size) {
  const at::DimVector whole = at::infer_size_dv(size, self.numel());
  const auto stride = at::detail::computeStride(self.sizes(), self.strides(), whole);
  TORCH_CHECK(stride.has_value(), "view: size ", whole, " does not fit ", self.sizes(), " of strides ",
              self.strides());
  return AsStrided(self, whole, *stride, std::nullopt);
}

const at::Tensor& Resize(const at::Tensor& self, at::IntArrayRef size,
                         std::optional<at::MemoryFormat> format) {
  if (self.sizes() == size && !format.has_value()) return self;
  const at::Tensor grown = Empty(size, self.scalar_type(), {}, {}, {}, format);
  const size_t kept = std::min(self.storage().nbytes(), grown.storage().nbytes());
  if (kept > 0) {
    const HostAccess from(self), to(grown);
    std::memcpy(grown.storage().mutable_data(), self.storage().data(), kept);
  }
  c10::TensorImpl* impl = self.unsafeGetTensorImpl();
  if (grown.storage().nbytes() > self.storage().nbytes()) {
    c10::StorageImpl* storage = impl->unsafe_storage().unsafeGetStorageImpl();
    const size_t bytes = grown.storage().nbytes();
    storage->set_data_ptr_noswap(
        grown.storage().unsafeGetStorageImpl()->set_data_ptr(c10::DataPtr(nullptr, self.device())));
    storage->set_nbytes(bytes);
  }
  impl->set_sizes_and_strides(grown.sizes(), grown.strides(), 0);
  return self;
}

void Copy(const at::Tensor& from, const at::Tensor& to) {
  const HostAccess readable(from), writable(to);
  at::Tensor target = Alias(to);
  target.copy_(Alias(from));
}

at::Tensor CopyFrom(const at::Tensor& from, const at::Tensor& to, bool /*non_blocking*/) {
  if (inside_fallback == 0) {
    NoteOperation();
    if (!OnDevice(from)) NoteCopyToDevice(Describe(from));
    if (!OnDevice(to)) NoteHostRead("copy of " + Describe(from));
  }
  Copy(from, to);
  return to;
}

at::Tensor CopyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  const_cast<at::Tensor&>(to).resize_(from.sizes());
  Copy(from, to);
  return to;
}

at::Scalar LocalScalar(const at::Tensor& self) {
  if (inside_fallback == 0) NoteHostRead("item()");
  const HostAccess readable(self);
  return Alias(self).item();
}

void CheckArgument(const std::string& op, const at::Tensor& tensor) {
  TORCH_CHECK(!tensor.defined() || OnDevice(tensor) || tensor.dim() == 0, op, ": a tensor ", Describe(tensor),
              " of ", tensor.device(), " beside tensors of the fake device");
}

bool IsMask(const at::Tensor& tensor) {
  return tensor.defined() && (tensor.scalar_type() == at::kBool || tensor.scalar_type() == at::kByte);
}

// Whether a real device would have to tell the host a value before the operation ends.
bool WaitsForValues(const std::string& op, const at::ArrayRef<c10::IValue>& arguments) {
  static const std::set<std::string> waiting = {
      "aten::nonzero",  "aten::masked_select",      "aten::equal",        "aten::_unique",
      "aten::_unique2", "aten::unique_dim",         "aten::is_nonzero",   "aten::repeat_interleave",
      "aten::bincount", "aten::unique_consecutive", "aten::nonzero_numpy"};
  if (waiting.count(op) > 0) return true;
  // A mask of index() goes through nonzero first.
  if (op != "aten::_index_put_impl_") return false;
  for (const c10::IValue& value : arguments) {
    if (!value.isOptionalTensorList()) continue;
    for (const std::optional<at::Tensor>& index : value.toOptionalTensorVector()) {
      if (index && IsMask(*index)) return true;
    }
  }
  return false;
}

void Fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const std::string& name = op.schema().name();
  const auto arguments = torch::jit::last(*stack, op.schema().arguments().size());
  for (const c10::IValue& value : arguments) {
    if (value.isTensor()) {
      CheckArgument(name, value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) CheckArgument(name, tensor);
    } else if (value.isOptionalTensorList()) {
      for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
        if (tensor) CheckArgument(name, *tensor);
      }
    }
  }
  if (inside_fallback == 0) {
    NoteOperation();
    if (WaitsForValues(name, arguments)) NoteHostRead(name);
  }
  const InsideFallback inside;
  at::native::cpu_fallback(op, stack, /*error_on_views=*/false, c10::DispatchKey::CPU);
}

at::Tensor ToDevice(const at::Tensor& tensor) {
  const InsideFallback inside;
  return tensor.defined() ? tensor.to(FakeDevice()) : tensor;
}

at::Tensor Convolution(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                       bool transposed, at::IntArrayRef output_padding, int64_t groups) {
  const at::Tensor b = bias.value_or(at::Tensor());
  for (const at::Tensor& tensor : {x, weight, b}) CheckArgument("aten::convolution", tensor);
  NoteOperation();
  const HostAccess readable_x(x), readable_weight(weight), readable_bias(b);
  return ToDevice(at::convolution(Alias(x), Alias(weight),
                                  b.defined() ? std::optional(Alias(b)) : std::nullopt, stride, padding,
                                  dilation, transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(
    const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
    int64_t groups, std::array<bool, 3> wanted) {
  for (const at::Tensor& tensor : {dy, x, weight}) CheckArgument("aten::convolution_backward", tensor);
  NoteOperation();
  const HostAccess readable_dy(dy), readable_x(x), readable_weight(weight);
  const int64_t outputs = transposed ? weight.size(1) * groups : weight.size(0);
  const auto [dx, dweight, dbias] =
      at::convolution_backward(Alias(dy), Alias(x), Alias(weight), at::IntArrayRef({outputs}), stride,
                               padding, dilation, transposed, output_padding, groups, wanted);
  return {ToDevice(dx), ToDevice(dweight), ToDevice(dbias)};
}

TORCH_LIBRARY_IMPL(_, HPU, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&Fallback>());
}

TORCH_LIBRARY_IMPL(aten, HPU, library) {
  library.impl("empty.memory_format", Empty);
  library.impl("empty_strided", EmptyStrided);
  library.impl("as_strided", AsStrided);
  library.impl("_reshape_alias", ReshapeAlias);
  library.impl("view", View);
  library.impl("resize_", Resize);
  library.impl("_copy_from", CopyFrom);
  library.impl("_copy_from_and_resize", CopyFromAndResize);
  library.impl("_local_scalar_dense", LocalScalar);
  library.impl("convolution_overrideable", Convolution);
  library.impl("convolution_backward_overrideable", ConvolutionBackward);
}

}  // namespace
}  // namespace mrsn::testing
