#include "experiments/config/compatibility.h"

#include <array>

#include "ops/clip/pixel_scaling.h"

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
  PixelScaling pixels;
};

// Pixels of 0 to 255; mean and deviation of R, G and B.
PixelScaling OfBytes(std::array<float, 3> mean, std::array<float, 3> std) {
  PixelScaling pixels;
  pixels.divisor = 1;
  pixels.mean = mean;
  pixels.std = std;
  return pixels;
}

Choices ChoicesOf(Compatibility framework, const ModelConfig& model) {
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
      choices.pixels = OfBytes({123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f});
      break;
    case ACAR:
      choices.roi_aligned = false;
      choices.roi_scale = RoiConfig::MAP_SIZE;
      if (model.slow_fast().slow().depth() == 101) {
        choices.lateral_norm_and_relu = false;
        choices.lateral_kernel = 5;
        choices.slow_frames = ClipConfig::EVERY_ALPHA;
        choices.pixels =
            OfBytes({110.63666788f, 103.16065604f, 96.29023126f}, {38.7568578f, 37.88248729f, 40.02898126f});
      }
      break;
    case ALPHACTION:
      choices.lateral_norm_and_relu = false;
      choices.lateral_bias = true;
      choices.lateral_kernel = 5;
      choices.stem_pool_padding = false;
      choices.roi_aligned = false;
      choices.slow_frames = ClipConfig::INTERVAL_MID;
      choices.pixels = OfBytes({122.7717f, 115.9465f, 102.9801f}, {57.375f, 57.375f, 57.375f});
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

// One number if it holds for all colours.
google::protobuf::RepeatedField<float> Listed(const std::array<float, 3>& colours) {
  const bool same = colours[0] == colours[1] && colours[0] == colours[2];
  return {colours.begin(), same ? colours.begin() + 1 : colours.end()};
}

void Apply(const PixelScaling& pixels, TransformConfig* transform) {
  MRSN_SET_IF_UNSET(*transform, channel_order, pixels.bgr ? TransformConfig::BGR : TransformConfig::RGB);
  if (!transform->mean().empty() || !transform->std().empty() || transform->has_pixel_divisor()) return;
  transform->set_pixel_divisor(pixels.divisor);
  *transform->mutable_mean() = Listed(pixels.mean);
  *transform->mutable_std() = Listed(pixels.std);
}

void Apply(const Choices& choices, DatasetConfig* data) {
  MRSN_SET_IF_UNSET(*data->mutable_clip(), slow_frames, choices.slow_frames);
  MRSN_SET_IF_UNSET(*data->mutable_transform(), short_side, choices.short_side);
  Apply(choices.pixels, data->mutable_transform());
}

}  // namespace

void ApplyCompatibility(Experiment* experiment) {
  if (experiment->compatibility() == COMPATIBILITY_UNSPECIFIED) return;
  const Choices choices = ChoicesOf(experiment->compatibility(), experiment->model());
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
