#include "datasets/clip_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

// What UsualClip says of its unset fields.
struct ClipDefaults {
  int frames = 8, stride = 8;
  int short_side = 256;        // 0: frames keep their size
  int video_short_side = 256;  // of the frames as they are
};

// Of the data set that `config` names.
ClipDefaults DefaultsOf(const DatasetConfig& config) {
  ClipDefaults defaults;
  const auto& reflection = *config.GetReflection();
  const auto* dataset =
      reflection.GetOneofFieldDescriptor(config, config.GetDescriptor()->FindOneofByName("dataset"));
  if (dataset == nullptr) return defaults;
  const UsualClip& usual = dataset->message_type()->options().GetExtension(usual_clip);
  if (usual.has_frames()) defaults.frames = usual.frames();
  if (usual.has_stride()) defaults.stride = usual.stride();
  if (usual.has_short_side()) defaults.short_side = usual.short_side();
  if (usual.has_video_short_side()) defaults.video_short_side = usual.video_short_side();
  return defaults;
}

}  // namespace

ClipShape ReadClipShape(const DatasetConfig& config, ConfigReader* reader) {
  const ClipDefaults defaults = DefaultsOf(config);
  ClipShape shape;
  shape.clip.frames = defaults.frames;
  shape.clip.stride = defaults.stride;
  shape.short_side = defaults.short_side;
  ConfigReader clip = reader->In("clip");
  clip.Read("frames", &shape.clip.frames, Between(1, 128));
  clip.Read("stride", &shape.clip.stride, Between(1, 64));
  clip.Read("fast_ratio", &shape.clip.fast_ratio, Between(0, 64));
  if (clip.ok() && shape.clip.fast_ratio > 0 && shape.clip.stride % shape.clip.fast_ratio != 0) {
    clip.Fail("fast_ratio", absl::StrCat(shape.clip.fast_ratio),
              DivisorsOf(shape.clip.stride, "clip.stride").text);
  }
  clip.Choose("slow_frames", &shape.clip.slow_frames,
              {{"LINSPACE", SlowFrames::kLinspace},
               {"EVERY_ALPHA", SlowFrames::kEveryAlpha},
               {"INTERVAL_MID", SlowFrames::kIntervalMid}});
  const Allowed sides = Between(16, 2048);
  reader->In("transform")
      .Read("short_side", &shape.short_side,
            {[=](double value) { return value == 0 || sides.holds(value); }, "0, " + sides.text});
  return shape;
}

ClipSize ClipSizeOf(const DatasetConfig& config) {
  ConfigReader reader(config, "dataset");
  const ClipShape shape = ReadClipShape(config, &reader);
  return {shape.clip.frames, shape.short_side > 0 ? shape.short_side : DefaultsOf(config).video_short_side};
}

}  // namespace mrsn::datasets
