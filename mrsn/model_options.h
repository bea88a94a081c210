// A ModelConfig as plain options, read and checked once; without LibTorch.
//
//   MRSN_ASSIGN_OR_RETURN(const ModelNeeds needs, NeedsOf(experiment.model()));
#ifndef MRSN_MRSN_MODEL_OPTIONS_H_
#define MRSN_MRSN_MODEL_OPTIONS_H_

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "mrsn/backbone_from_config.h"
#include "mrsn/baselines/acar/acar_config.h"
#include "mrsn/baselines/acrn/acrn_config.h"
#include "mrsn/baselines/act/act_config.h"
#include "mrsn/baselines/aia/aia_config.h"
#include "mrsn/baselines/context_average/context_average_config.h"
#include "mrsn/baselines/lfb/lfb_config.h"
#include "mrsn/baselines/step/step_config.h"
#include "mrsn/head/linear_head_config.h"
#include "mrsn/head/mrsn_head_config.h"
#include "mrsn/model_needs.h"
#include "mrsn/precision.h"
#include "mrsn/roi_options.h"

namespace mrsn {

class ModelConfig;  // mrsn/model_config.pb.h

// Of each: ReadHead, NeedsOf, and a head that registers itself (model_factory.h).
using HeadOptions =
    std::variant<LinearHeadOptions, MrsnHeadOptions, baselines::AcrnHeadOptions, baselines::LfbHeadOptions,
                 baselines::AcarHeadOptions, baselines::AiaHeadOptions, baselines::ContextAverageHeadOptions>;

// A head on a backbone, which scores given boxes.
struct ActionDetectorOptions {
  BackboneOptions backbone;
  RoiFeatureOptions roi;
  HeadOptions head;
  Precision precision = Precision::kFloat32;
  double feature_scale = 1;  // of the map that RoIs and head read
};

using ModelOptions = std::variant<ActionDetectorOptions, baselines::ActOptions, baselines::StepOptions>;

// InvalidArgument names the field ("model.mrsn.patch_size"), its value and what is allowed.
absl::StatusOr<ModelOptions> ReadModel(const ModelConfig& config);

// "mrsn", the field of the oneof `head` that is set; one is.
std::string HeadName(const ModelConfig& config);

ModelNeeds NeedsOf(const ActionDetectorOptions& options);
absl::StatusOr<ModelNeeds> NeedsOf(const ModelConfig& config);  // ReadModel's errors

}  // namespace mrsn

#endif  // MRSN_MRSN_MODEL_OPTIONS_H_
