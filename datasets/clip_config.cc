#include "datasets/clip_config.h"

#include "absl/strings/str_cat.h"

namespace mrsn::datasets {
namespace {

// The values of unset fields for one data set.
struct ClipDefaults {
  int frames = 8, stride = 8;
  int short_side = 256;        // 0: frames keep their size
  int video_short_side = 256;  // of the frames as they are
};

ClipDefaults DefaultsOf(const DatasetConfig& config) {
  switch (config.dataset_case()) {
    case DatasetConfig::kMicroWorld:
      return {4, 2, 0, 64};
    case DatasetConfig::kUcf24:
      return {8, 4, 256, 240};
    case DatasetConfig::kAva:
    case DatasetConfig::DATASET_NOT_SET:
      break;
  }
  return {};
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
