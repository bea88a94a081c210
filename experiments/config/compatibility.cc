#include "experiments/config/compatibility.h"

namespace mrsn::experiments {
namespace {

struct Choices {
  bool lateral_norm_and_relu = true, lateral_bias = false;
  int lateral_kernel = 7;
  int res5_dilation = 2;
  bool stem_pool_padding = true;
  int roi_size = 7;
  bool roi_aligned = true;
  RoiConfig::Scale roi_scale = RoiConfig::STRIDE;
  bool dropout_before_pool = false;
  ClipConfig::SlowFrames slow_frames = ClipConfig::LINSPACE;
  int short_side = 256;
};

Choices ChoicesOf(Compatibility framework) {
  Choices choices;
  switch (framework) {
    case PYTORCHVIDEO:
      choices.roi_aligned = false;
      break;
    case MMACTION2:
      choices.lateral_norm_and_relu = false;
      choices.res5_dilation = 1;
      choices.roi_size = 8;
      choices.dropout_before_pool = true;
      choices.slow_frames = ClipConfig::EVERY_ALPHA;
      break;
    case ACAR:
      choices.roi_aligned = false;
      choices.roi_scale = RoiConfig::MAP_SIZE;
      break;
    case ALPHACTION:
      choices.lateral_norm_and_relu = false;
      choices.lateral_bias = true;
      choices.lateral_kernel = 5;
      choices.stem_pool_padding = false;
      choices.roi_aligned = false;
      choices.slow_frames = ClipConfig::INTERVAL_MID;
      break;
    default:  // PYSLOWFAST; a number that is no Compatibility is refused by ValidateExperiment
      break;
  }
  return choices;
}

#define MRSN_SET_IF_UNSET(message, field, value) \
  if (!(message).has_##field()) (message).set_##field(value)

void Apply(const Choices& choices, ResNet3dConfig* resnet) {
  if (resnet->stages().empty()) MRSN_SET_IF_UNSET(*resnet, res5_dilation, choices.res5_dilation);
  MRSN_SET_IF_UNSET(*resnet, stem_pool_padding, choices.stem_pool_padding);
}

void Apply(const Choices& choices, DatasetConfig* data) {
  MRSN_SET_IF_UNSET(*data->mutable_clip(), slow_frames, choices.slow_frames);
  MRSN_SET_IF_UNSET(*data->mutable_transform(), short_side, choices.short_side);
}

}  // namespace

void ApplyCompatibility(Experiment* experiment) {
  if (experiment->compatibility() == COMPATIBILITY_UNSPECIFIED) return;
  const Choices choices = ChoicesOf(experiment->compatibility());
  ModelConfig& model = *experiment->mutable_model();
  if (model.has_slow_only()) Apply(choices, model.mutable_slow_only());
  if (model.has_slow_fast()) {
    Apply(choices, model.mutable_slow_fast()->mutable_slow());
    SlowFastConfig::Lateral& lateral = *model.mutable_slow_fast()->mutable_lateral();
    MRSN_SET_IF_UNSET(lateral, kernel, choices.lateral_kernel);
    MRSN_SET_IF_UNSET(lateral, norm_and_relu, choices.lateral_norm_and_relu);
    MRSN_SET_IF_UNSET(lateral, bias, choices.lateral_bias);
  }
  RoiConfig& roi = *model.mutable_roi();
  MRSN_SET_IF_UNSET(roi, output_size, choices.roi_size);
  MRSN_SET_IF_UNSET(roi, aligned, choices.roi_aligned);
  MRSN_SET_IF_UNSET(roi, scale, choices.roi_scale);
  if (model.has_linear()) {
    MRSN_SET_IF_UNSET(*model.mutable_linear(), dropout_before_pool, choices.dropout_before_pool);
  }
  Apply(choices, experiment->mutable_train_data());
  Apply(choices, experiment->mutable_eval_data());
}

}  // namespace mrsn::experiments
