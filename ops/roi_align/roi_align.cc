// Registration, autograd and the shape-only kernels of mrsn::roi_align.
#include "ops/roi_align/roi_align.h"

#include <vector>

#include "ATen/ATen.h"
#include "ATen/core/dispatch/Dispatcher.h"
#include "ops/roi_align/roi_align_internal.h"
#include "torch/csrc/autograd/custom_function.h"
#include "torch/library.h"

namespace mrsn::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Forward = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, int64_t, int64_t, double,
                           int64_t, bool);
using Backward = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, at::IntArrayRef, bool,
                            double, int64_t, bool);

const c10::TypedOperatorHandle<Forward>& ForwardOp() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mrsn::roi_align", "").typed<Forward>();
  return op;
}

const c10::TypedOperatorHandle<Backward>& BackwardOp() {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mrsn::roi_align_backward", "").typed<Backward>();
  return op;
}

// RoIAlign is linear in the features, so the gradient of the one operator is the other.
struct Saved {
  static void Keep(AutogradContext* context, const at::Tensor& boxes, const at::Tensor& clip_index,
                   double spatial_scale, int64_t sampling_ratio, bool aligned) {
    context->save_for_backward({boxes, clip_index});
    context->saved_data["spatial_scale"] = spatial_scale;
    context->saved_data["sampling_ratio"] = sampling_ratio;
    context->saved_data["aligned"] = aligned;
  }

  explicit Saved(AutogradContext* context)
      : tensors(context->get_saved_variables()),
        spatial_scale(context->saved_data["spatial_scale"].toDouble()),
        sampling_ratio(context->saved_data["sampling_ratio"].toInt()),
        aligned(context->saved_data["aligned"].toBool()) {}

  variable_list tensors;  // boxes, clip_index
  double spatial_scale;
  int64_t sampling_ratio;
  bool aligned;
};

struct BackwardFunction : torch::autograd::Function<BackwardFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& grad, const at::Tensor& boxes,
                            const at::Tensor& clip_index, std::vector<int64_t> feature_size,
                            bool channels_last, double spatial_scale, int64_t sampling_ratio, bool aligned) {
    at::AutoDispatchBelowADInplaceOrView below;
    Saved::Keep(context, boxes, clip_index, spatial_scale, sampling_ratio, aligned);
    context->saved_data["output_height"] = grad.dim() == 4 ? grad.size(2) : 0;
    context->saved_data["output_width"] = grad.dim() == 4 ? grad.size(3) : 0;
    return BackwardOp().call(grad, boxes, clip_index, feature_size, channels_last, spatial_scale,
                             sampling_ratio, aligned);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Saved saved(context);
    at::Tensor grad = ForwardOp().call(grads[0], saved.tensors[0], saved.tensors[1],
                                       context->saved_data["output_height"].toInt(),
                                       context->saved_data["output_width"].toInt(), saved.spatial_scale,
                                       saved.sampling_ratio, saved.aligned);
    variable_list result(8);
    result[0] = grad;
    return result;
  }
};

struct ForwardFunction : torch::autograd::Function<ForwardFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& features, const at::Tensor& boxes,
                            const at::Tensor& clip_index, int64_t output_height, int64_t output_width,
                            double spatial_scale, int64_t sampling_ratio, bool aligned) {
    at::AutoDispatchBelowADInplaceOrView below;
    Saved::Keep(context, boxes, clip_index, spatial_scale, sampling_ratio, aligned);
    context->saved_data["feature_size"] = features.sizes().vec();
    context->saved_data["channels_last"] =
        features.dim() == 4 && features.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
    return ForwardOp().call(features, boxes, clip_index, output_height, output_width, spatial_scale,
                            sampling_ratio, aligned);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Saved saved(context);
    variable_list result(8);
    result[0] = BackwardOp().call(grads[0], saved.tensors[0], saved.tensors[1],
                                  context->saved_data["feature_size"].toIntVector(),
                                  context->saved_data["channels_last"].toBool(), saved.spatial_scale,
                                  saved.sampling_ratio, saved.aligned);
    return result;
  }
};

at::Tensor AutogradForward(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                           int64_t output_height, int64_t output_width, double spatial_scale,
                           int64_t sampling_ratio, bool aligned) {
  return ForwardFunction::apply(features, boxes, clip_index, output_height, output_width, spatial_scale,
                                sampling_ratio, aligned);
}

at::Tensor AutogradBackward(const at::Tensor& grad, const at::Tensor& boxes, const at::Tensor& clip_index,
                            at::IntArrayRef feature_size, bool channels_last, double spatial_scale,
                            int64_t sampling_ratio, bool aligned) {
  return BackwardFunction::apply(grad, boxes, clip_index, feature_size.vec(), channels_last, spatial_scale,
                                 sampling_ratio, aligned);
}

at::Tensor MetaForward(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                       int64_t output_height, int64_t output_width, double spatial_scale,
                       int64_t sampling_ratio, bool) {
  roi_align::CheckForward(features, boxes, clip_index, output_height, output_width, spatial_scale,
                          sampling_ratio);
  return at::empty({boxes.size(0), features.size(1), output_height, output_width}, features.options(),
                   features.suggest_memory_format());
}

at::Tensor MetaBackward(const at::Tensor& grad, const at::Tensor& boxes, const at::Tensor& clip_index,
                        at::IntArrayRef feature_size, bool channels_last, double spatial_scale,
                        int64_t sampling_ratio, bool) {
  roi_align::CheckBackward(grad, boxes, clip_index, feature_size, spatial_scale, sampling_ratio);
  return at::empty(feature_size, grad.options(), roi_align::Layout(channels_last));
}

}  // namespace

at::Tensor RoiAlign(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                    const RoiAlignOptions& options) {
  TORCH_CHECK_NOT_IMPLEMENTED(
      !features.is_cuda() || ForwardOp().hasKernelForDispatchKey(c10::DispatchKey::CUDA),
      "roi_align: features are on a CUDA device, but this program was built without CUDA kernels; "
      "build it with --config=cuda or move the tensors to the CPU");
  return ForwardOp().call(features, boxes, clip_index, options.output_height, options.output_width,
                          options.spatial_scale, options.sampling_ratio, options.aligned);
}

TORCH_LIBRARY_FRAGMENT(mrsn, library) {
  library.def(
      "roi_align(Tensor features, Tensor boxes, Tensor clip_index, int output_height, int output_width, "
      "float spatial_scale, int sampling_ratio, bool aligned) -> Tensor");
  library.def(
      "roi_align_backward(Tensor grad, Tensor boxes, Tensor clip_index, int[] feature_size, "
      "bool channels_last, float spatial_scale, int sampling_ratio, bool aligned) -> Tensor");
}

TORCH_LIBRARY_IMPL(mrsn, Autograd, library) {
  library.impl("roi_align", AutogradForward);
  library.impl("roi_align_backward", AutogradBackward);
}

TORCH_LIBRARY_IMPL(mrsn, Meta, library) {
  library.impl("roi_align", MetaForward);
  library.impl("roi_align_backward", MetaBackward);
}

}  // namespace mrsn::ops
