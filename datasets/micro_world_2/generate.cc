#include "datasets/micro_world_2/generate.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/generated/detector.h"
#include "datasets/micro_world_2/renderer.h"
#include "datasets/micro_world_2/rules.h"
#include "datasets/micro_world_2/world.h"
#include "ops/base/fingerprint.h"
#include "ops/base/random.h"

namespace mrsn::datasets::micro2 {
namespace {

// `random` is the detector's.
generated::RoomKeyframe Everybody(const std::vector<Person>& people,
                                  const std::vector<std::vector<Action>>& labels, SplitMix64& random) {
  generated::RoomKeyframe keyframe;
  std::vector<generated::PixelBox> boxes;
  for (size_t i = 0; i < people.size(); ++i) {
    const Person& person = people[i];
    keyframe.people.push_back({person.box(), {labels[i].begin(), labels[i].end()}});
    boxes.push_back(
        {double(person.left()), double(person.top()), double(person.right()), double(person.bottom())});
  }
  keyframe.detections = generated::DetectPeople(boxes, {kFrameSize, kHalfWidth, kHalfHeight}, random);
  return keyframe;
}

generated::Room MakeRoom(const GenerateOptions& options, int split, int index) {
  const uint64_t seed = HashSeed(options.seed, split, index);
  WorldOptions world_options;
  world_options.keyframes = options.keyframes_per_video;
  const auto world = std::make_shared<const World>(
      options.attributes ? PlayLonely(seed, options.keyframes_per_video) : PlayWorld(seed, world_options));
  generated::Room room;
  room.frames = world->num_frames();
  std::shared_ptr<const Renderer> renderer;
  room.draw = [world, renderer](int frame) mutable {
    if (renderer == nullptr) renderer = std::make_shared<const Renderer>(*world);
    return renderer->Draw(frame);
  };
  if (options.attributes) {
    const Box frame = {0, 0, 1, 1};
    for (int k = 0; k < options.keyframes_per_video; ++k) {
      const Shot& shot = world->shots[ShotOfKeyframe(k)];
      room.keyframes.push_back({{{frame, AttributesOf(shot, world->clothes[0])}}, {{frame, 1}}});
    }
    return room;
  }
  const auto labels = LabelWorld(*world, options.keyframes_per_video);
  SplitMix64 random(HashSeed(seed, 4));
  for (int k = 0; k < options.keyframes_per_video; ++k) {
    room.keyframes.push_back(Everybody(world->shots[ShotOfKeyframe(k)].people, labels[k], random));
  }
  return room;
}

}  // namespace

generated::World GeneratedWorld(const GenerateOptions& options) {
  generated::World world;
  world.name = "micro_world_2";
  if (options.attributes) world.variant = "attributes";
  world.fingerprint = Fingerprint(
      absl::StrCat("micro_world_2 version ", kGeneratorVersion, " seed ", options.seed, " train ",
                   options.train_videos, " val ", options.val_videos, " test ", options.test_videos,
                   " keyframes ", options.keyframes_per_video, " attributes ", options.attributes ? 1 : 0));
  world.frames_per_second = kFramesPerSecond;
  world.classes = options.attributes ? AttributeClasses() : Classes();
  world.splits = {
      {"train", options.train_videos}, {"val", options.val_videos}, {"test", options.test_videos}};
  world.make = [options](int split, int room) { return MakeRoom(options, split, room); };
  return world;
}

}  // namespace mrsn::datasets::micro2
