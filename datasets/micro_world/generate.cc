#include "datasets/micro_world/generate.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/generated/detector.h"
#include "datasets/micro_world/renderer.h"
#include "datasets/micro_world/rules.h"
#include "datasets/micro_world/world.h"
#include "ops/base/fingerprint.h"
#include "ops/base/random.h"

namespace mrsn::datasets::micro {
namespace {

generated::RoomKeyframe SingleActor(const std::vector<Action>& actions) {
  const int label = SingleLabel(actions);
  if (label == 0) return {};  // two activities at once
  const Box frame = {0, 0, 1, 1};
  return {{{frame, {label}}}, {{frame, 1}}};
}

// `random` is the detector's.
generated::RoomKeyframe Everybody(const std::vector<Person>& people,
                                  const std::vector<std::vector<Action>>& labels, SplitMix64& random) {
  generated::RoomKeyframe keyframe;
  std::vector<generated::PixelBox> boxes;
  for (size_t i = 0; i < people.size(); ++i) {
    const Person& person = people[i];
    keyframe.people.push_back({person.box(), {labels[i].begin(), labels[i].end()}});
    boxes.push_back({person.left(), person.top(), person.right(), person.bottom()});
  }
  keyframe.detections = generated::DetectPeople(boxes, {kFrameSize, 4, 7}, random);
  return keyframe;
}

generated::Room MakeRoom(const GenerateOptions& options, int split, int index) {
  const uint64_t seed = HashSeed(options.seed, split, index);
  WorldOptions world_options;
  world_options.keyframes = options.keyframes_per_video;
  if (options.single_actor) world_options.min_people = world_options.max_people = 1;
  const auto world = std::make_shared<const World>(PlayWorld(seed, world_options));
  generated::Room room;
  room.frames = world->num_frames();
  std::shared_ptr<const Renderer> renderer;
  room.draw = [world, renderer](int frame) mutable {
    if (renderer == nullptr) renderer = std::make_shared<const Renderer>(*world);
    return renderer->Draw(frame);
  };
  const auto labels = LabelWorld(*world, options.keyframes_per_video);
  SplitMix64 random(HashSeed(seed, 4));
  for (int k = 0; k < options.keyframes_per_video; ++k) {
    room.keyframes.push_back(options.single_actor
                                 ? SingleActor(labels[k][0])
                                 : Everybody(world->people[FrameOfKeyframe(k)], labels[k], random));
  }
  return room;
}

}  // namespace

generated::World GeneratedWorld(const GenerateOptions& options) {
  generated::World world;
  world.name = "micro_world";
  if (options.single_actor) world.variant = "single actor";
  world.fingerprint =
      Fingerprint(absl::StrCat("micro_world version ", kGeneratorVersion, " seed ", options.seed, " train ",
                               options.train_videos, " val ", options.val_videos, " keyframes ",
                               options.keyframes_per_video, " single_actor ", options.single_actor ? 1 : 0));
  world.frames_per_second = kFramesPerSecond;
  world.classes = Classes();
  if (options.single_actor) world.classes.resize(kNumSingleActorClasses);
  world.splits = {{"train", options.train_videos}, {"val", options.val_videos}};
  world.make = [options](int split, int room) { return MakeRoom(options, split, room); };
  return world;
}

}  // namespace mrsn::datasets::micro
