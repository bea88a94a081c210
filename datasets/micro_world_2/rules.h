// Decides the actions of the second world's people. README.md has the same rules in sentences.
//
// A rule is a function of the facts that its kind of class names: the person (Self), the objects around the
// person (Context), the people around (Company), and the seconds before and after (Music). The tests of the
// rules take one of these away and see the class become unknowable.
#ifndef MRSN_DATASETS_MICRO_WORLD_2_RULES_H_
#define MRSN_DATASETS_MICRO_WORLD_2_RULES_H_

#include <vector>

#include "datasets/dataset.h"
#include "datasets/micro_world_2/world.h"

namespace mrsn::datasets::micro2 {

// AVA-style ids, from 1.
enum Action {
  kStanding = 1,
  kWalking,
  kWaving,
  kCrouching,
  kWatchTelevision,
  kEat,
  kRead,
  kPlayGuitar,
  kTalkTo,
  kWatchWaving,
  kFollow,
  kPlayForSomebody,
  kEatAlone,
  kReadAloud,
  kListenToMusic,
  kJoinMeal,
  kWaitForMusic,
  kAfterMusic,
  kNumActionsPlusOne,
};

std::vector<ActionClass> Classes();  // in the order of their ids

constexpr int kMusicSeconds = 6;

// Whether `place` is in the next slot of the row, on the side that the person faces.
bool InFront(const Person& person, Place place);

// The person's context relations: which objects they use.
struct Context {
  bool watches = false, eats = false, reads = false, plays = false;
};
Context ContextOf(const Person& person, const std::array<Thing, kNumObjects>& things);

// The person's relations to the other people.
struct Company {
  int front = -1;  // who is in front; -1: nobody
  bool talks = false, watches_waving = false, follows = false;
  bool faced = false;  // somebody faces the person
};
Company CompanyOf(int self, const std::vector<Person>& people);

// Actions of the four kinds that follow from one shot, ascending. `other` is the context of Company::front.
std::vector<Action> ActionsOf(const Person& person, const Context& context, const Company& company,
                              const Context& other);

// For every key frame and person of a video, the person's actions, ascending.
std::vector<std::vector<std::vector<Action>>> LabelWorld(const World& world, int keyframes);

// The attributes that cells of a backbone can see, for its pretraining: pose with direction, clothes, and
// objects with their states.
std::vector<ActionClass> AttributeClasses();
std::vector<int> AttributesOf(const Shot& shot, int clothes);  // of a shot with one person; ids, ascending

}  // namespace mrsn::datasets::micro2

#endif  // MRSN_DATASETS_MICRO_WORLD_2_RULES_H_
