#include "experiments/runner/complexity.h"

#include <ATen/ATen.h>

#include <memory>

#include "absl/strings/str_format.h"
#include "eval/complexity/complexity.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Persons and bank entries do not change the count by where they are, only by how many.
DetectorInput InputFor(const ComplexitySetting& setting, const ActionDetector& model) {
  const auto floats = at::TensorOptions(at::kMeta), longs = floats.dtype(at::kLong);
  DetectorInput input;
  input.slow = at::empty({1, 3, setting.frames, setting.height, setting.width}, floats);
  input.boxes = at::empty({setting.boxes, 4}, floats);
  input.clip_index = at::empty({setting.boxes}, longs);
  if (model.needs_bank()) {
    input.bank = {at::empty({setting.bank_entries, model.bank_width()}, floats),
                  at::empty({setting.bank_entries}, longs), at::empty({setting.bank_entries}, longs)};
  }
  return input;
}

}  // namespace

absl::Status AddComplexity(const Experiment& experiment, const ComplexitySetting& setting, Result* result) {
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<ActionDetector> model,
                        BuildModel(experiment.model(), at::kMeta));
  Parameters& parameters = *result->mutable_parameters();
  parameters.set_total(eval::CountParameters(model->parameters()));
  parameters.set_backbone(eval::CountParameters(model->backbone().parameters()));
  parameters.set_head(eval::CountParameters(model->head().parameters()));

  at::NoGradGuard no_grad;
  model->eval();
  const DetectorInput input = InputFor(setting, *model);
  MultiplyAdds& macs = *result->mutable_multiply_adds();
  macs.set_total(eval::CountMacs([&] { model->Forward(input); }).total);
  macs.set_backbone(eval::CountMacs([&] { model->backbone().Forward(input.slow, input.fast); }).total);
  macs.set_head(macs.total() - macs.backbone());
  macs.set_setting(
      absl::StrFormat("%dx%dx%d, %d boxes", setting.frames, setting.height, setting.width, setting.boxes));
  if (model->needs_bank()) {
    macs.set_setting(absl::StrFormat("%s, %d bank entries", macs.setting(), setting.bank_entries));
  }
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
