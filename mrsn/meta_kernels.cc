// Convolution, batch norm, pooling, index_select and where on the meta device: shapes, nothing computed.
//
// LibTorch's C++ library has meta kernels for nearly everything a detector runs,
// but not for these (Python has them as decompositions). With them whole detectors
// run on meta tensors: shapes of the largest model, and its operations for
// counting, in milliseconds. Linked by build_model.
#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>
#include <ATen/WrapDimUtils.h>
#include <ATen/native/ConvUtils.h>
#include <torch/library.h>

#include <tuple>
#include <vector>

namespace mrsn {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

at::Tensor MetaConvolution(const at::Tensor& input, const at::Tensor& weight, const OptionalTensor&,
                           at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                           bool transposed, at::IntArrayRef, int64_t) {
  TORCH_CHECK(!transposed, "transposed convolution has no meta kernel");
  return at::empty(at::native::conv_output_size(input.sizes(), weight.sizes(), padding, stride, dilation),
                   input.options());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> MetaBatchNorm(const at::Tensor& input, const OptionalTensor&,
                                                             const OptionalTensor&, const OptionalTensor&,
                                                             const OptionalTensor&, bool training, double,
                                                             double) {
  const at::Tensor statistics = at::empty({training ? input.size(1) : 0}, input.options());
  return {at::empty_like(input), statistics, at::empty_like(statistics)};
}

std::tuple<at::Tensor, at::Tensor> MetaMaxPool3d(const at::Tensor& input, at::IntArrayRef kernel,
                                                 at::IntArrayRef stride, at::IntArrayRef padding,
                                                 at::IntArrayRef dilation, bool ceil_mode) {
  TORCH_CHECK(!ceil_mode, "max pooling with ceil_mode has no meta kernel");
  const auto at_axis = [](at::IntArrayRef list, size_t i) { return list.size() == 1 ? list[0] : list[i]; };
  std::vector<int64_t> size = input.sizes().vec();
  for (size_t i = 0; i < 3; ++i) {
    int64_t& extent = size[size.size() - 3 + i];
    const int64_t reach = at_axis(dilation, i) * (at_axis(kernel, i) - 1) + 1;
    // No stride means the kernel's size.
    const int64_t step = at_axis(stride.empty() ? kernel : stride, i);
    extent = (extent + 2 * at_axis(padding, i) - reach) / step + 1;
  }
  return {at::empty(size, input.options()), at::empty(size, input.options().dtype(at::kLong))};
}

at::Tensor MetaAdaptiveAveragePool2d(const at::Tensor& input, at::IntArrayRef output_size) {
  std::vector<int64_t> size = input.sizes().vec();
  size[size.size() - 2] = output_size[0];
  size[size.size() - 1] = output_size[1];
  return at::empty(size, input.options());
}

at::Tensor MetaIndexSelect(const at::Tensor& input, int64_t dim, const at::Tensor& index) {
  std::vector<int64_t> size = input.sizes().vec();
  size[at::maybe_wrap_dim(dim, input.dim())] = index.numel();
  return at::empty(size, input.options());
}

at::Tensor& MetaWhereOut(const at::Tensor& condition, const at::Tensor& self, const at::Tensor& other,
                         at::Tensor& out) {
  const auto size = at::infer_size(condition.sizes(), at::infer_size(self.sizes(), other.sizes()));
  out.resize_(size);
  return out;
}

at::Tensor MetaWhere(const at::Tensor& condition, const at::Tensor& self, const at::Tensor& other) {
  at::Tensor out = at::empty({0}, condition.options().dtype(at::result_type(self, other)));
  return MetaWhereOut(condition, self, other, out);
}

TORCH_LIBRARY_IMPL(aten, Meta, m) {
  m.impl("convolution_overrideable", MetaConvolution);
  m.impl("native_batch_norm", MetaBatchNorm);
  m.impl("max_pool3d_with_indices", MetaMaxPool3d);
  m.impl("_adaptive_avg_pool2d", MetaAdaptiveAveragePool2d);
  m.impl("index_select", MetaIndexSelect);
  m.impl("where.self", MetaWhere);
  m.impl("where.self_out", MetaWhereOut);
}

}  // namespace
}  // namespace mrsn
