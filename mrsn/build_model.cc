#include "mrsn/build_model.h"

#include <ATen/ATen.h>
#include <google/protobuf/descriptor.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "mrsn/backbone/inception3d.h"
#include "mrsn/backbone/slow_fast.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/backbone/two_stream.h"
#include "mrsn/head/relation_head.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_factory.h"
#include "mrsn/model_options.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"
#include "ops/meta_kernels/deferred_init.h"

namespace mrsn {
namespace {

struct MakeBackbone {
  using Made = std::shared_ptr<Backbone>;
  Made operator()(const SlowOnlyOptions& o) const { return std::make_shared<SlowOnly>(o); }
  Made operator()(const SlowFastOptions& o) const { return std::make_shared<SlowFast>(o); }
  Made operator()(const Inception3dBackboneOptions& o) const {
    return std::make_shared<Inception3dBackbone>(o);
  }
  Made operator()(const TwoStreamOptions& o) const { return std::make_shared<TwoStream>(o); }
};

// The maker of these options; nullptr if the program does not link it.
template <typename Base, typename Options>
auto MakerOf(const Options&) {
  return Maker<Base, Options>::make;
}

struct IsLinked {
  bool operator()(const ActionDetectorOptions& o) const {
    return std::visit([](const auto& head) { return MakerOf<RelationHead>(head) != nullptr; }, o.head);
  }
  template <typename Options>
  bool operator()(const Options& o) const {
    return MakerOf<Detector>(o) != nullptr;
  }
};

std::shared_ptr<ActionDetector> MakeActionDetector(const ActionDetectorOptions& options) {
  // The head draws its weights before the backbone: another order would give other weights for a seed.
  std::shared_ptr<RelationHead> head =
      std::visit([](const auto& head) { return MakerOf<RelationHead>(head)(head); }, options.head);
  std::shared_ptr<Backbone> backbone = std::visit(MakeBackbone(), options.backbone);
  return std::make_shared<ActionDetector>(std::move(backbone), options.roi, std::move(head),
                                          options.precision, options.feature_scale);
}

struct MakeDetector {
  using Made = std::shared_ptr<Detector>;
  Made operator()(const ActionDetectorOptions& o) const { return MakeActionDetector(o); }
  template <typename Options>
  Made operator()(const Options& o) const {
    return MakerOf<Detector>(o)(o);
  }
};

// Module::to() refuses the meta device (set_data() does not let a tensor change
// between dense and meta), so the parameters are emptied one by one.
void MoveToMeta(torch::nn::Module& module) {
  std::vector<at::Tensor> tensors = module.parameters();
  for (const at::Tensor& buffer : module.buffers()) tensors.push_back(buffer);
  at::NoGradGuard no_grad;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor empty = at::empty_like(tensor, tensor.options().device(at::kMeta));
    tensor.unsafeGetTensorImpl()->shallow_copy_from(empty.getIntrusivePtr());
  }
}

// make() on the device.
template <typename Make>
auto MakeOn(torch::Device device, const Make& make) -> absl::StatusOr<decltype(make())> {
  try {
    if (device.is_meta()) {
      const ops::DeferredInit no_values;
      auto detector = make();
      MoveToMeta(*detector);
      return detector;
    }
    auto detector = make();
    detector->to(device);
    return detector;
  } catch (const std::exception& error) {  // no memory, no such device
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make the model on ", device.str(), ": ", error.what()));
  }
}

// An error unless the program can make the model.
absl::Status CheckLinked(const ModelConfig& config, const ModelOptions& options) {
  if (std::visit(IsLinked(), options)) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat("model.", HeadName(config),
                                               ": this program does not link what makes it; its target needs "
                                               "//mrsn:all_models or the one of mrsn/models.bzl"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<ActionDetector>> BuildModel(const ModelConfig& config, torch::Device device) {
  // All of the configuration is read before anything large is made.
  MRSN_ASSIGN_OR_RETURN(const ModelOptions options, ReadModel(config));
  if (!std::holds_alternative<ActionDetectorOptions>(options)) {
    return FieldError(absl::StrCat("model.", HeadName(config)), "a detector that takes no boxes",
                      "heads that score given boxes");
  }
  MRSN_RETURN_IF_ERROR(CheckLinked(config, options));
  return MakeOn(device, [&] { return MakeActionDetector(std::get<ActionDetectorOptions>(options)); });
}

absl::StatusOr<std::shared_ptr<Detector>> BuildDetector(const ModelConfig& config, torch::Device device) {
  MRSN_ASSIGN_OR_RETURN(const ModelOptions options, ReadModel(config));
  MRSN_RETURN_IF_ERROR(CheckLinked(config, options));
  return MakeOn(device, [&] { return std::visit(MakeDetector(), options); });
}

}  // namespace mrsn
