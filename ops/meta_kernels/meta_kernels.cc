// Shapes without values: kernels for the meta device that LibTorch's C++ library lacks.
//
// LibTorch has these in its Python package only, so that a C++ model could not be run on the
// meta device for its shapes or its operation count. Linking this target adds them. Forward
// only. Each returns uninitialised (that is, no) memory of the shape, type and layout which
// the CPU's kernel returns.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/ExpandUtils.h"
#include "ATen/native/Pool.h"
#include "torch/library.h"

namespace mrsn::ops {
namespace {

// aten::convolution sends devices it does not know to aten::convolution_overrideable.
// input [B, Cin, spatial...], weight [Cout, Cin/groups, kernel...] (transposed: [Cin, Cout/groups,
// kernel...]).
at::Tensor ConvolutionMeta(const at::Tensor& input, const at::Tensor& weight,
                           const std::optional<at::Tensor>&, at::IntArrayRef stride, at::IntArrayRef padding,
                           at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
                           int64_t groups) {
  TORCH_CHECK(input.dim() == weight.dim() && input.dim() > 2, "convolution: input ", input.sizes(),
              " and weight ", weight.sizes(), " must have the same number of dimensions, above 2");
  const int64_t expected_channels = transposed ? weight.size(0) : weight.size(1) * groups;
  TORCH_CHECK(input.size(1) == expected_channels, "convolution: input ", input.sizes(), " has ",
              input.size(1), " channels, weight ", weight.sizes(), " in ", groups, " groups expects ",
              expected_channels);
  std::vector<int64_t> sizes = {input.size(0), transposed ? weight.size(1) * groups : weight.size(0)};
  for (int64_t k = 0; k + 2 < input.dim(); ++k) {
    const int64_t reach = dilation[k] * (weight.size(k + 2) - 1) + 1;
    const int64_t length = input.size(k + 2);
    sizes.push_back(transposed ? (length - 1) * stride[k] - 2 * padding[k] + reach + output_padding[k]
                               : (length + 2 * padding[k] - reach) / stride[k] + 1);
    TORCH_CHECK(sizes.back() > 0 && (transposed || length + 2 * padding[k] >= reach), "convolution: input ",
                input.sizes(), " is smaller than the kernel of weight ", weight.sizes());
  }
  return at::empty(sizes, input.options(), input.suggest_memory_format());
}

at::Tensor ReluMeta(const at::Tensor& input) { return at::empty_like(input); }

// -> output, batch mean and 1/deviation (both empty when running statistics are used).
std::tuple<at::Tensor, at::Tensor, at::Tensor> BatchNormMeta(
    const at::Tensor& input, const std::optional<at::Tensor>&, const std::optional<at::Tensor>&,
    const std::optional<at::Tensor>&, const std::optional<at::Tensor>&, bool training, double, double) {
  const int64_t channels = training ? input.size(1) : 0;
  return {at::empty_like(input), at::empty({channels}, input.options()),
          at::empty({channels}, input.options())};
}

// Lists of one value stand for every dimension; an empty stride is the kernel's.
std::tuple<at::Tensor, at::Tensor> MaxPool3dMeta(const at::Tensor& input, at::IntArrayRef kernel,
                                                 at::IntArrayRef stride, at::IntArrayRef padding,
                                                 at::IntArrayRef dilation, bool ceil_mode) {
  TORCH_CHECK(input.dim() == 4 || input.dim() == 5, "max_pool3d: input ", input.sizes(),
              " must have 4 or 5 dimensions");
  const auto value = [](at::IntArrayRef list, int64_t k) { return list.size() == 1 ? list[0] : list[k]; };
  std::vector<int64_t> sizes = input.sizes().vec();
  for (int64_t k = 0; k < 3; ++k) {
    int64_t& size = sizes[sizes.size() - 3 + k];
    size = at::native::pooling_output_shape<int64_t>(size, value(kernel, k), value(padding, k),
                                                     value(stride.empty() ? kernel : stride, k),
                                                     value(dilation, k), ceil_mode);
    TORCH_CHECK(size > 0, "max_pool3d: input ", input.sizes(), " is smaller than the kernel ", kernel);
  }
  const at::MemoryFormat format =
      input.dim() == 5 ? input.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {at::empty(sizes, input.options(), format),
          at::empty(sizes, input.options().dtype(at::kLong), format)};
}

// 2-D and 3-D alike: the last output.size() dimensions are replaced.
at::Tensor AdaptiveAveragePoolMeta(const at::Tensor& input, at::IntArrayRef output) {
  std::vector<int64_t> sizes = input.sizes().vec();
  std::copy(output.begin(), output.end(), sizes.end() - output.size());
  // The CPU's 3-D kernel gives up channels_last, its 2-D kernel keeps it.
  const at::MemoryFormat format =
      output.size() == 2 ? input.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return at::empty(sizes, input.options(), format);
}

at::Tensor WhereMeta(const at::Tensor& condition, const at::Tensor& left, const at::Tensor& right) {
  const auto sizes = at::infer_size(condition.sizes(), at::infer_size(left.sizes(), right.sizes()));
  return at::empty(sizes, left.options().dtype(at::result_type(left, right)).device(at::kMeta));
}

at::Tensor& WhereOutMeta(const at::Tensor& condition, const at::Tensor& left, const at::Tensor& right,
                         at::Tensor& out) {
  out.resize_(at::infer_size(condition.sizes(), at::infer_size(left.sizes(), right.sizes())));
  return out;
}

at::Tensor IndexSelectMeta(const at::Tensor& input, int64_t dim, const at::Tensor& index) {
  std::vector<int64_t> sizes = input.sizes().vec();
  if (!sizes.empty()) sizes[at::maybe_wrap_dim(dim, input.dim())] = index.numel();
  return at::empty(sizes, input.options());
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("convolution_overrideable", ConvolutionMeta);
  library.impl("relu", ReluMeta);
  library.impl("native_batch_norm", BatchNormMeta);
  library.impl("max_pool3d_with_indices", MaxPool3dMeta);
  library.impl("_adaptive_avg_pool2d", AdaptiveAveragePoolMeta);
  library.impl("_adaptive_avg_pool3d", AdaptiveAveragePoolMeta);
  library.impl("where.self", WhereMeta);
  library.impl("where.self_out", WhereOutMeta);
  library.impl("index_select", IndexSelectMeta);
}

}  // namespace mrsn::ops
