#include "datasets/transform_config.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

// A repeated field of one number, which then holds for all colours, or of three.
void ReadColours(const google::protobuf::RepeatedField<float>& values, const std::string& field,
                 const Allowed& allowed, std::array<float, 3>* colours, ConfigReader* reader) {
  if (values.empty()) return;
  if (values.size() != 1 && values.size() != 3) {
    return reader->Fail(field, absl::StrCat(values.size(), " numbers"),
                        "one number, or three: for R, G and B");
  }
  for (int c = 0; c < 3; ++c) {
    const float value = values[values.size() == 1 ? 0 : c];
    if (!allowed.holds(value)) return reader->Fail(field, ConfigReader::TextOf(value), allowed.text);
    (*colours)[c] = value;
  }
}

void ReadPySlowFast(ConfigReader reader, PySlowFastOptions* options) {
  reader.Read("min_short_side", &options->min_short_side, Between(16, 2048));
  reader.Read("max_short_side", &options->max_short_side, Between(options->min_short_side, 2048));
  reader.Read("crop", &options->crop, Between(16, options->min_short_side));
  reader.Read("colour_jitter", &options->colour_jitter, Between(0, 1));
  reader.Read("pca_jitter", &options->pca_jitter, Between(0, 1));
}

}  // namespace

TransformOptions ReadTransform(const TransformConfig& config, int short_side, ConfigReader* reader) {
  TransformOptions options;
  options.short_side = short_side;
  ConfigReader transform = reader->In("transform");
  transform.Read("flip_probability", &options.flip_probability, Between(0, 1));
  transform.Choose("augmentation", &options.augmentation,
                   {{"NONE_OR_FLIP", Augmentation::kNoneOrFlip},
                    {"PYSLOWFAST", Augmentation::kPySlowFast},
                    {"ACAR", Augmentation::kAcar},
                    {"ALPHACTION", Augmentation::kAlphAction}});
  if (options.augmentation != Augmentation::kPySlowFast) {
    transform.RefuseIfSet("pyslowfast", "only with augmentation PYSLOWFAST");
  }
  ReadPySlowFast(transform.In("pyslowfast"), &options.pyslowfast);
  PixelScaling& scaling = options.scaling;
  ReadColours(config.mean(), "mean", Between(-1000, 1000), &scaling.mean, &transform);
  ReadColours(config.std(), "std", Between(1e-6, 1000), &scaling.std, &transform);
  transform.Read("pixel_divisor", &scaling.divisor, Between(1e-6, 1000));
  transform.Choose("channel_order", &scaling.bgr, {{"RGB", false}, {"BGR", true}});
  return options;
}

}  // namespace mrsn::datasets
