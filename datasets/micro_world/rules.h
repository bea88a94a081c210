// Decides the actions of the micro world's people from the states of a key frame alone. README.md has the
// same rules in sentences.
#ifndef MRSN_DATASETS_MICRO_WORLD_RULES_H_
#define MRSN_DATASETS_MICRO_WORLD_RULES_H_

#include <vector>

#include "datasets/dataset.h"
#include "datasets/micro_world/world.h"

namespace mrsn::datasets::micro {

// AVA-style ids, from 1.
enum Action {
  kStanding = 1,
  kWalking,
  kWaving,
  kCrouching,
  kWatchTelevision,
  kEat,
  kPlayGuitar,
  kRead,
  kTalkTo,
  kWatchWaving,
  kFollow,
  kListenToMusic,
  kJoinMeal,
  kWaitForMusic,
  kAfterMusic,
  kNumActionsPlusOne,
};

// The 15 classes in the order of their ids; the first 8 (pose, context) are those of
// the single-actor variant.
std::vector<ActionClass> Classes();
constexpr int kNumSingleActorClasses = 8;

// Reach of the rules, in pixels between centres.
constexpr double kTelevisionReach = 28, kTableReach = 16, kGuitarReach = 16, kLightReach = 20,
                 kPersonReach = 26;
constexpr int kMusicSeconds = 10;

// For every key frame and person of a video, the person's actions, ascending.
std::vector<std::vector<std::vector<Action>>> LabelWorld(const World& world, int keyframes);

// The single label of a lone person, for clip classification: the activity with an object if there is exactly
// one, the pose if there is none, 0 if there are two or more.
int SingleLabel(const std::vector<Action>& actions);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_RULES_H_
