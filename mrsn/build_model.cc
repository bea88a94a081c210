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
#include "mrsn/baselines/acar/acar_head.h"
#include "mrsn/baselines/acrn/acrn_head.h"
#include "mrsn/baselines/act/act_detector.h"
#include "mrsn/baselines/aia/aia_head.h"
#include "mrsn/baselines/context_average/context_average_head.h"
#include "mrsn/baselines/lfb/lfb_head.h"
#include "mrsn/baselines/step/step_detector.h"
#include "mrsn/head/linear_head.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/model_options.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

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

struct MakeHead {
  using Made = std::shared_ptr<RelationHead>;
  Made operator()(const LinearHeadOptions& o) const { return std::make_shared<LinearHead>(o); }
  Made operator()(const MrsnHeadOptions& o) const { return std::make_shared<MrsnHead>(o); }
  Made operator()(const baselines::AcrnHeadOptions& o) const {
    return std::make_shared<baselines::AcrnHead>(o);
  }
  Made operator()(const baselines::LfbHeadOptions& o) const {
    return std::make_shared<baselines::LfbHead>(o);
  }
  Made operator()(const baselines::AcarHeadOptions& o) const {
    return std::make_shared<baselines::AcarHead>(o);
  }
  Made operator()(const baselines::AiaHeadOptions& o) const {
    return std::make_shared<baselines::AiaHead>(o);
  }
  Made operator()(const baselines::ContextAverageHeadOptions& o) const {
    return std::make_shared<baselines::ContextAverageHead>(o);
  }
};

std::shared_ptr<ActionDetector> MakeActionDetector(const ActionDetectorOptions& options) {
  // The head draws its weights before the backbone: another order would give other weights for a seed.
  std::shared_ptr<RelationHead> head = std::visit(MakeHead(), options.head);
  std::shared_ptr<Backbone> backbone = std::visit(MakeBackbone(), options.backbone);
  return std::make_shared<ActionDetector>(std::move(backbone), options.roi, std::move(head),
                                          options.precision);
}

struct MakeDetector {
  using Made = std::shared_ptr<Detector>;
  Made operator()(const ActionDetectorOptions& o) const { return MakeActionDetector(o); }
  Made operator()(const baselines::ActOptions& o) const {
    return std::make_shared<baselines::ActDetector>(o);
  }
  Made operator()(const baselines::StepOptions& o) const {
    return std::make_shared<baselines::StepDetector>(o);
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
    auto detector = make();
    if (device.is_meta()) {
      MoveToMeta(*detector);
    } else {
      detector->to(device);
    }
    return detector;
  } catch (const std::exception& error) {  // no memory, no such device
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make the model on ", device.str(), ": ", error.what()));
  }
}

std::string HeadName(const ModelConfig& config) {
  const auto& oneof = *ModelConfig::descriptor()->FindOneofByName("head");
  return config.GetReflection()->GetOneofFieldDescriptor(config, &oneof)->name();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ActionDetector>> BuildModel(const ModelConfig& config, torch::Device device) {
  // All of the configuration is read before anything large is made.
  MRSN_ASSIGN_OR_RETURN(const ModelOptions options, ReadModel(config));
  if (!std::holds_alternative<ActionDetectorOptions>(options)) {
    return FieldError(absl::StrCat("model.", HeadName(config)), "a detector that takes no boxes",
                      "heads that score given boxes");
  }
  return MakeOn(device, [&] { return MakeActionDetector(std::get<ActionDetectorOptions>(options)); });
}

absl::StatusOr<std::shared_ptr<Detector>> BuildDetector(const ModelConfig& config, torch::Device device) {
  MRSN_ASSIGN_OR_RETURN(const ModelOptions options, ReadModel(config));
  return MakeOn(device, [&] { return std::visit(MakeDetector(), options); });
}

}  // namespace mrsn
