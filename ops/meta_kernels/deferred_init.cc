#include "ops/meta_kernels/deferred_init.h"

#include <optional>

#include "ATen/core/Tensor.h"
#include "torch/library.h"

namespace mrsn::ops {
namespace {

at::Tensor& LeaveAsItIs(at::Tensor& self, double, double, std::optional<at::Generator>) { return self; }

TORCH_LIBRARY_IMPL(aten, DeferredInit, library) {
  library.impl("uniform_", LeaveAsItIs);
  library.impl("normal_", LeaveAsItIs);
}

TORCH_LIBRARY_IMPL(_, DeferredInit, library) { library.fallback(torch::CppFunction::makeFallthrough()); }

}  // namespace
}  // namespace mrsn::ops
