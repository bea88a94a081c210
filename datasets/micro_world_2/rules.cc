#include "datasets/micro_world_2/rules.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace mrsn::datasets::micro2 {
namespace {

bool Walks(const Person& person) { return person.pose == Pose::kWalk; }
bool Still(const Person& person) { return person.pose == Pose::kStand || person.pose == Pose::kCrouch; }

bool SomebodyPlays(const Shot& shot) {
  return std::any_of(shot.people.begin(), shot.people.end(),
                     [&](const Person& person) { return ContextOf(person, shot.things).plays; });
}

constexpr const char* kColours[kClothes] = {"red", "yellow", "green", "cyan", "blue", "pink"};

}  // namespace

std::vector<ActionClass> Classes() {
  return {
      {kStanding, "stand", "pose"},
      {kWalking, "walk", "pose"},
      {kWaving, "wave", "pose"},
      {kCrouching, "crouch", "pose"},
      {kWatchTelevision, "watch TV", "context"},
      {kEat, "eat", "context"},
      {kRead, "read", "context"},
      {kPlayGuitar, "play guitar", "context"},
      {kTalkTo, "talk to", "actor-actor"},
      {kWatchWaving, "watch person wave", "actor-actor"},
      {kFollow, "follow", "actor-actor"},
      {kPlayForSomebody, "play for somebody", "own-conjunction"},
      {kEatAlone, "eat alone", "own-conjunction"},
      {kReadAloud, "read to somebody", "own-conjunction"},
      {kListenToMusic, "listen to music", "others-relation"},
      {kJoinMeal, "join meal", "others-relation"},
      {kWaitForMusic, "wait for music", "long-term"},
      {kAfterMusic, "after music", "long-term"},
  };
}

bool InFront(const Person& person, Place place) {
  const int ahead = (place.x - person.place.x) * person.facing;
  return ahead >= 16 && ahead <= 32 && std::abs(place.y - person.place.y) <= 8;
}

Context ContextOf(const Person& person, const std::array<Thing, kNumObjects>& things) {
  const auto uses = [&](Object object) {
    const Thing& thing = things[static_cast<int>(object)];
    return thing.there && thing.on && InFront(person, thing.place);
  };
  Context context;
  context.watches = !Walks(person) && uses(Object::kTelevision);
  context.eats = Still(person) && uses(Object::kTable);
  context.reads = Still(person) && uses(Object::kLamp);
  context.plays = Still(person) && uses(Object::kGuitar);
  return context;
}

Company CompanyOf(int self, const std::vector<Person>& people) {
  Company company;
  const Person& p = people[self];
  for (int j = 0; j < static_cast<int>(people.size()); ++j) {
    const Person& q = people[j];
    if (j == self) continue;
    if (InFront(q, p.place)) company.faced = true;
    if (!InFront(p, q.place)) continue;
    company.front = j;
    company.talks = !Walks(p) && !Walks(q) && InFront(q, p.place);
    company.watches_waving = !Walks(p) && q.pose == Pose::kWave;
    company.follows = Walks(p) && Walks(q) && p.facing == q.facing;
  }
  return company;
}

std::vector<Action> ActionsOf(const Person& person, const Context& context, const Company& company,
                              const Context& other) {
  const bool watches_other = company.front >= 0 && !Walks(person);
  std::vector<Action> actions = {static_cast<Action>(kStanding + static_cast<int>(person.pose))};
  const auto add = [&](bool holds, Action action) {
    if (holds) actions.push_back(action);
  };
  add(context.watches, kWatchTelevision);
  add(context.eats, kEat);
  add(context.reads, kRead);
  add(context.plays, kPlayGuitar);
  add(company.talks, kTalkTo);
  add(company.watches_waving, kWatchWaving);
  add(company.follows, kFollow);
  add(context.plays && company.faced, kPlayForSomebody);
  add(context.eats && !company.faced, kEatAlone);
  add(context.reads && company.faced, kReadAloud);
  add(watches_other && other.plays, kListenToMusic);
  add(watches_other && other.eats, kJoinMeal);
  return actions;
}

std::vector<std::vector<std::vector<Action>>> LabelWorld(const World& world, int keyframes) {
  std::vector<bool> music(keyframes);
  for (int k = 0; k < keyframes; ++k) music[k] = SomebodyPlays(world.shots[ShotOfKeyframe(k)]);
  const auto heard = [&](int first, int last) {
    for (int k = std::max(first, 0); k <= std::min(last, keyframes - 1); ++k) {
      if (music[k]) return true;
    }
    return false;
  };
  std::vector<std::vector<std::vector<Action>>> labels(keyframes);
  for (int k = 0; k < keyframes; ++k) {
    const Shot& shot = world.shots[ShotOfKeyframe(k)];
    for (int i = 0; i < static_cast<int>(shot.people.size()); ++i) {
      const Person& person = shot.people[i];
      const Company company = CompanyOf(i, shot.people);
      const Context other =
          company.front >= 0 ? ContextOf(shot.people[company.front], shot.things) : Context();
      std::vector<Action> actions = ActionsOf(person, ContextOf(person, shot.things), company, other);
      if (!Walks(person) && !music[k]) {
        if (heard(k + 1, k + kMusicSeconds)) actions.push_back(kWaitForMusic);
        if (heard(k - kMusicSeconds, k - 1)) actions.push_back(kAfterMusic);
      }
      labels[k].push_back(std::move(actions));
    }
  }
  return labels;
}

std::vector<ActionClass> AttributeClasses() {
  std::vector<ActionClass> classes;
  const auto add = [&](const std::string& name, const char* kind) {
    classes.push_back({static_cast<int>(classes.size()) + 1, name, kind});
  };
  for (const char* side : {"left", "right"}) {
    for (const char* pose : {"stand", "walk", "wave", "crouch"}) add(absl::StrCat(pose, " ", side), "pose");
  }
  for (const char* colour : kColours) add(colour, "clothes");
  for (const char* object : {"TV off", "TV on", "empty table", "laid table", "lamp off", "lamp on", "guitar"})
    add(object, "object");
  return classes;
}

std::vector<int> AttributesOf(const Shot& shot, int clothes) {
  const Person& person = shot.people[0];
  std::vector<int> ids = {1 + (person.facing > 0 ? kNumPoses : 0) + static_cast<int>(person.pose),
                          1 + 2 * kNumPoses + clothes};
  for (int i = 0; i < kNumObjects; ++i) {
    const Thing& thing = shot.things[i];
    const int first = 1 + 2 * kNumPoses + kClothes + 2 * i;
    if (thing.there) ids.push_back(first + (thing.on && i != static_cast<int>(Object::kGuitar) ? 1 : 0));
  }
  return ids;
}

}  // namespace mrsn::datasets::micro2
