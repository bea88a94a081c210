#include "experiments/runner/complexity.h"

#include <ATen/ATen.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

int64_t CountParameters(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace

absl::Status AddComplexity(const Experiment& experiment, const ComplexitySetting& setting, Result* result) {
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<ActionDetector> model,
                        BuildModel(experiment.model(), at::kCPU));
  Parameters& parameters = *result->mutable_parameters();
  parameters.set_total(CountParameters(*model));
  parameters.set_backbone(CountParameters(model->backbone()));
  parameters.set_head(CountParameters(model->head()));
  (void)setting;
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
