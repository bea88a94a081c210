#include "datasets/micro_world/rules.h"

#include <algorithm>
#include <cmath>

namespace mrsn::datasets::micro {
namespace {

bool Walks(const Person& person) { return person.pose == Pose::kWalk; }
bool StandsOrCrouches(const Person& person) {
  return person.pose == Pose::kStand || person.pose == Pose::kCrouch;
}

// Within `reach`, in front, and not more than 45 degrees up or down.
bool Faces(const Person& person, Point target, double reach) {
  const Point way = target - person.centre();
  return way.Length() <= reach && way.x * person.facing > 0 && std::abs(way.y) <= std::abs(way.x);
}

bool Outside(const Person& person, Point target) {
  return target.x < person.left() || target.x > person.right() || target.y < person.top() ||
         target.y > person.bottom();
}

// One frame of one video.
class Moment {
 public:
  Moment(const World& world, int frame) : world_(world), frame_(frame), people_(world.people[frame]) {}

  bool Plays(const Person& p) const {
    const Point guitar = world_.at(Object::kGuitar);
    return StandsOrCrouches(p) && Faces(p, guitar, kGuitarReach) && Outside(p, guitar);
  }
  bool SomebodyPlays() const {
    return std::any_of(people_.begin(), people_.end(), [this](const Person& p) { return Plays(p); });
  }

  // All but the two long-term actions.
  std::vector<Action> Actions(int self) const {
    const Person& p = people_[self];
    std::vector<Action> actions = {PoseAction(p)};
    if (WatchesTelevision(p)) actions.push_back(kWatchTelevision);
    if (Eats(p)) actions.push_back(kEat);
    if (Plays(p)) actions.push_back(kPlayGuitar);
    if (Reads(p)) actions.push_back(kRead);
    const auto somebody = [&](auto&& holds) {
      for (int j = 0; j < static_cast<int>(people_.size()); ++j) {
        if (j != self && holds(people_[j])) return true;
      }
      return false;
    };
    const auto faces = [&](const Person& q) { return !Walks(p) && Faces(p, q.centre(), kPersonReach); };
    if (somebody(
            [&](const Person& q) { return faces(q) && !Walks(q) && Faces(q, p.centre(), kPersonReach); })) {
      actions.push_back(kTalkTo);
    }
    if (somebody([&](const Person& q) { return faces(q) && q.pose == Pose::kWave; }))
      actions.push_back(kWatchWaving);
    if (somebody([&](const Person& q) { return Follows(p, q); })) actions.push_back(kFollow);
    if (somebody([&](const Person& q) { return faces(q) && Plays(q); })) actions.push_back(kListenToMusic);
    if (!Eats(p) && somebody([&](const Person& q) { return faces(q) && Eats(q); }))
      actions.push_back(kJoinMeal);
    return actions;
  }

 private:
  static Action PoseAction(const Person& p) {
    switch (p.pose) {
      case Pose::kStand:
        return kStanding;
      case Pose::kWalk:
        return kWalking;
      case Pose::kWave:
        return kWaving;
      case Pose::kCrouch:
        return kCrouching;
    }
    return kStanding;
  }

  bool WatchesTelevision(const Person& p) const {
    const Point television = world_.at(Object::kTelevision);
    return world_.television_on[frame_] && !Walks(p) && Faces(p, television, kTelevisionReach) &&
           Outside(p, television);
  }
  bool Eats(const Person& p) const {
    const Point food = world_.at(Object::kFood);
    return StandsOrCrouches(p) && Faces(p, food, kTableReach) && Outside(p, food);
  }
  bool Reads(const Person& p) const {
    const Point lamp = world_.at(Object::kLamp);
    return world_.lamp_on[frame_] && StandsOrCrouches(p) && (lamp - p.centre()).Length() <= kLightReach &&
           Outside(p, lamp);
  }
  // Both walk, within 45 degrees of one direction, and q is ahead of p, within 45 degrees.
  static bool Follows(const Person& p, const Person& q) {
    if (!Walks(p) || !Walks(q)) return false;
    const Point way = q.centre() - p.centre();
    const double cosine = std::sqrt(0.5);
    const auto aligned = [&](Point a, Point b) {
      return a.x * b.x + a.y * b.y >= cosine * a.Length() * b.Length();
    };
    return way.Length() <= kPersonReach && aligned(p.velocity, q.velocity) && aligned(p.velocity, way);
  }

  const World& world_;
  const int frame_;
  const std::vector<Person>& people_;
};

}  // namespace

std::vector<ActionClass> Classes() {
  return {
      {kStanding, "stand", "pose"},
      {kWalking, "walk", "pose"},
      {kWaving, "wave", "pose"},
      {kCrouching, "crouch", "pose"},
      {kWatchTelevision, "watch TV", "context"},
      {kEat, "eat", "context"},
      {kPlayGuitar, "play guitar", "context"},
      {kRead, "read", "context"},
      {kTalkTo, "talk to", "actor-actor"},
      {kWatchWaving, "watch person wave", "actor-actor"},
      {kFollow, "follow", "actor-actor"},
      {kListenToMusic, "listen to music", "relation-relation"},
      {kJoinMeal, "join meal", "relation-relation"},
      {kWaitForMusic, "wait for music", "long-term"},
      {kAfterMusic, "after music", "long-term"},
  };
}

std::vector<std::vector<std::vector<Action>>> LabelWorld(const World& world, int keyframes) {
  std::vector<bool> music(keyframes);
  for (int k = 0; k < keyframes; ++k) music[k] = Moment(world, FrameOfKeyframe(k)).SomebodyPlays();
  const auto heard = [&](int first, int last) {
    for (int k = std::max(first, 0); k <= std::min(last, keyframes - 1); ++k) {
      if (music[k]) return true;
    }
    return false;
  };
  std::vector<std::vector<std::vector<Action>>> labels(keyframes);
  for (int k = 0; k < keyframes; ++k) {
    const Moment moment(world, FrameOfKeyframe(k));
    const std::vector<Person>& people = world.people[FrameOfKeyframe(k)];
    for (int i = 0; i < static_cast<int>(people.size()); ++i) {
      std::vector<Action> actions = moment.Actions(i);
      if (!Walks(people[i]) && !music[k]) {
        if (heard(k + 1, k + kMusicSeconds)) actions.push_back(kWaitForMusic);
        if (heard(k - kMusicSeconds, k - 1)) actions.push_back(kAfterMusic);
      }
      labels[k].push_back(std::move(actions));
    }
  }
  return labels;
}

int SingleLabel(const std::vector<Action>& actions) {
  int label = 0, activities = 0;
  for (Action action : actions) {
    if (action <= kCrouching && activities == 0) label = action;
    if (action >= kWatchTelevision && action <= kRead) {
      label = action;
      ++activities;
    }
  }
  return activities > 1 ? 0 : label;
}

}  // namespace mrsn::datasets::micro
