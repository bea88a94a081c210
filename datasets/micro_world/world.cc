#include "datasets/micro_world/world.h"

#include <algorithm>

#include "ops/base/random.h"

namespace mrsn::datasets::micro {
namespace {

constexpr double kStep = 1.0 / kFramesPerSecond;  // seconds
constexpr double kWarmUpSeconds =
    12;  // played before recording, so that videos begin in the middle of things
constexpr double kPi = 3.14159265358979323846;

enum class Aim { kIdle, kTelevision, kFood, kGuitar, kLamp, kMeet, kFollow };

// The next aim of a person: walk to `goal`, then stay there for `seconds`.
struct Plan {
  Aim aim = Aim::kIdle;
  Point goal;
  Pose pose = Pose::kStand;
  int facing = 1;
  double seconds = 3;
  int partner = -1;  // kMeet, kFollow
};

struct Mind {
  Plan plan;
  enum { kGoing, kStaying, kFollowing } phase = kStaying;
  double left = 0;   // seconds of the stay
  double speed = 7;  // pixels a second
};

// On for some seconds, off for some seconds.
std::vector<bool> Switching(int frames, double on_low, double on_high, double off_low, double off_high,
                            SplitMix64& random) {
  std::vector<bool> states;
  bool on = random.Chance(0.6);
  int span =
      static_cast<int>(random.Uniform(1, on_high) * kFramesPerSecond);  // the first one is cut at the start
  while (static_cast<int>(states.size()) < frames) {
    for (; span > 0; --span) states.push_back(on);
    on = !on;
    span = static_cast<int>((on ? random.Uniform(on_low, on_high) : random.Uniform(off_low, off_high)) *
                            kFramesPerSecond);
  }
  states.resize(frames);
  return states;
}

// Moves the people of one video. This code does not know the label rules: people have aims, and often stand
// near things without using them.
class Director {
 public:
  Director(uint64_t seed, const WorldOptions& options) : random_(seed) {
    PlaceObjects();
    // Rooms differ in how often people play; in some nobody ever does.
    const double kinds[] = {0, 1.2, 2.4};
    music_ = kinds[random_.Below(3)];
    // The larger of two draws: rooms are more often full than empty.
    const int count = std::max(random_.Between(options.min_people, options.max_people),
                               random_.Between(options.min_people, options.max_people));
    for (int i = 0; i < count; ++i) {
      Person person;
      person.place = RandomPlace();
      person.facing = RandomSide();
      people_.push_back(person);
      Mind mind;
      mind.left = random_.Uniform(0, 3);
      mind.speed = random_.Uniform(6, 8);
      minds_.push_back(mind);
    }
  }

  const std::array<Point, kNumObjects>& objects() const { return objects_; }
  const std::vector<Person>& people() const { return people_; }
  SplitMix64& random() { return random_; }

  void Step() {
    for (int i = 0; i < static_cast<int>(people_.size()); ++i) {
      switch (minds_[i].phase) {
        case Mind::kGoing:
          Go(i);
          break;
        case Mind::kStaying:
          minds_[i].left -= kStep;
          if (minds_[i].left <= 0) Decide(i);
          break;
        case Mind::kFollowing:
          Follow(i);
          break;
      }
    }
  }

 private:
  Point Thing(Object object) const { return objects_[static_cast<int>(object)]; }
  int RandomSide() { return random_.Chance(0.5) ? 1 : -1; }
  Point RandomPlace() { return {random_.Uniform(6, 58), random_.Uniform(9, 55)}; }
  static bool InRoom(Point p) { return p.x >= 5 && p.x <= 59 && p.y >= 8 && p.y <= 56; }

  void PlaceObjects() {
    for (int placed = 0; placed < kNumObjects;) {
      const Point p = {random_.Uniform(8, 56), random_.Uniform(12, 56)};
      bool apart = true;
      for (int other = 0; other < placed; ++other) apart = apart && (p - objects_[other]).Length() >= 20;
      if (apart) {
        objects_[placed++] = p;
      } else if (random_.Chance(0.02)) {
        placed = 0;  // an arrangement that leaves no room for the next one
      }
    }
  }

  // Nobody else stands there or is on the way there, and no object is there.
  bool Free(int self, Point p) const {
    if (!InRoom(p)) return false;
    for (int j = 0; j < static_cast<int>(people_.size()); ++j) {
      if (j == self) continue;
      const Point theirs = Whereabouts(j);
      if (std::abs(p.x - theirs.x) < 9 && std::abs(p.y - theirs.y) < 10) return false;
    }
    for (const Point& object : objects_) {
      if (std::abs(p.x - object.x) < 8 && std::abs(p.y - object.y) < 9) return false;
    }
    return true;
  }

  // A free place at a distance in [near, far] from `target`, at most `degrees` above or below it, on one side
  // of it (side 0: on either side). Sets `facing` towards the target.
  bool PlaceBeside(int self, Point target, double near, double far, double degrees, int side, Point* place,
                   int* facing) {
    for (int trial = 0; trial < 40; ++trial) {
      const int s = side != 0 ? side : RandomSide();
      const double angle = random_.Uniform(-degrees, degrees) * kPi / 180;
      const double distance = random_.Uniform(near, far);
      const Point p = {target.x + s * distance * std::cos(angle), target.y + distance * std::sin(angle)};
      if (!Free(self, p)) continue;
      *place = p;
      *facing = -s;
      return true;
    }
    return false;
  }

  Pose RestingPose(double stand, double crouch) {  // else wave
    const double draw = random_.Uniform();
    return draw < stand ? Pose::kStand : draw < stand + crouch ? Pose::kCrouch : Pose::kWave;
  }

  // A walk without an aim, up to `far` pixels from here.
  Plan Idle(int self, double far) {
    Plan plan;
    plan.goal = people_[self].place;
    for (int trial = 0; trial < 40; ++trial) {
      const Point p = RandomPlace();
      if (!Free(self, p) || (p - people_[self].place).Length() > far) continue;
      plan.goal = p;
      break;
    }
    plan.facing = RandomSide();
    plan.pose = RestingPose(0.4, 0.3);
    plan.seconds = random_.Uniform(3, 6);
    return plan;
  }

  // A walk to an object. One time in four the person looks the other way there.
  bool AtObject(int self, Aim aim, Object object, double near, double far, double degrees, Plan* plan) {
    plan->aim = aim;
    if (!PlaceBeside(self, Thing(object), near, far, degrees, 0, &plan->goal, &plan->facing)) return false;
    if (random_.Chance(0.25)) plan->facing = -plan->facing;
    plan->pose = RestingPose(0.6, 0.3);
    plan->seconds = aim == Aim::kGuitar ? random_.Uniform(5, 8) : random_.Uniform(3, 6);
    return true;
  }

  bool Busy(int j) const { return minds_[j].plan.aim == Aim::kFood || minds_[j].plan.aim == Aim::kGuitar; }
  Point Whereabouts(int j) const {  // now, or soon
    return minds_[j].phase == Mind::kGoing ? minds_[j].plan.goal : people_[j].place;
  }

  // A walk to a person who stays, on the side that this person looks to or on either side; or to a person who
  // eats or plays or is about to, wherever there is room.
  bool Meet(int self, Plan* plan) {
    const int partner = Other(self, [&](int j) { return minds_[j].phase == Mind::kStaying || Busy(j); });
    if (partner < 0) return false;
    plan->aim = Aim::kMeet;
    plan->partner = partner;
    const int side = !Busy(partner) && random_.Chance(0.6) ? people_[partner].facing : 0;
    if (!PlaceBeside(self, Whereabouts(partner), 10, 22, 35, side, &plan->goal, &plan->facing)) return false;
    if (random_.Chance(0.15)) plan->facing = -plan->facing;
    plan->pose = RestingPose(0.5, 0.25);
    plan->seconds = random_.Uniform(3, 6);
    Await(partner, self, plan->goal);
    return true;
  }

  // People do not leave while somebody is on the way to them.
  void Await(int host, int guest, Point goal) {
    const double seconds = (goal - people_[guest].place).Length() / 7 + random_.Uniform(2, 4);
    double& stay = minds_[host].phase == Mind::kGoing ? minds_[host].plan.seconds : minds_[host].left;
    stay = std::max(stay, seconds);
  }

  bool StartFollowing(int self, Plan* plan) {
    const int partner = Other(
        self, [&](int j) { return minds_[j].phase == Mind::kStaying && minds_[j].plan.aim == Aim::kIdle; });
    if (partner < 0) return false;
    plan->aim = Aim::kFollow;
    plan->partner = partner;
    if (!PlaceBeside(self, people_[partner].place, 10, 14, 60, 0, &plan->goal, &plan->facing)) return false;
    Await(partner, self, plan->goal);
    return true;
  }

  // A random other person for whom `fits` holds; -1 if there is none. People who do something worth watching
  // (an instrument, a meal, waving) are chosen more often.
  template <typename Fits>
  int Other(int self, Fits fits) {
    std::vector<int> crowd;
    for (int j = 0; j < static_cast<int>(people_.size()); ++j) {
      if (j == self || !fits(j)) continue;
      const Aim aim = minds_[j].plan.aim;
      const int weight = aim == Aim::kGuitar              ? 12
                         : aim == Aim::kFood              ? 8
                         : people_[j].pose == Pose::kWave ? 3
                                                          : 1;
      crowd.insert(crowd.end(), weight, j);
    }
    return crowd.empty() ? -1 : crowd[random_.Below(crowd.size())];
  }

  bool Occupied(Aim aim) const {
    return std::any_of(minds_.begin(), minds_.end(), [&](const Mind& mind) { return mind.plan.aim == aim; });
  }

  void Decide(int self) {
    Mind& mind = minds_[self];
    const bool company = people_.size() > 1;
    // A player or a meal draws people from all over the room.
    const double attraction = Occupied(Aim::kGuitar) ? 10 : Occupied(Aim::kFood) ? 7 : 3;
    // Watching TV, eating, playing, reading, meeting, following, or nothing particular.
    const double weights[] = {
        1.0, 1.7, music_, 0.7, company ? attraction : 0.0, company ? 2.3 : 0.0, company ? 1.4 : 3.0};
    mind.plan = Plan();
    double total = 0;
    for (double weight : weights) total += weight;
    double draw = random_.Uniform(0, total);
    int choice = 0;
    while (choice < 6 && draw >= weights[choice]) draw -= weights[choice++];
    Plan plan;
    bool possible = false;
    switch (choice) {
      case 0:
        possible = AtObject(self, Aim::kTelevision, Object::kTelevision, 10, 25, 35, &plan);
        break;
      case 1:
        possible = AtObject(self, Aim::kFood, Object::kFood, 9, 14, 25, &plan);
        break;
      case 2:
        possible = !Occupied(Aim::kGuitar) && AtObject(self, Aim::kGuitar, Object::kGuitar, 9, 14, 25, &plan);
        break;
      case 3:
        possible = AtObject(self, Aim::kLamp, Object::kLamp, 9, 17, 60, &plan);
        break;
      case 4:
        possible = Meet(self, &plan);
        break;
      case 5:
        possible = StartFollowing(self, &plan);
        break;
      default:
        break;
    }
    mind.plan = possible ? plan : Idle(self, 20);
    mind.phase = Mind::kGoing;
    mind.speed = random_.Uniform(6, 8);
  }

  void Stay(int self, double seconds) {
    people_[self].pose = minds_[self].plan.pose;
    people_[self].velocity = {};
    minds_[self].phase = Mind::kStaying;
    minds_[self].left = seconds;
  }

  void Move(int self, Point by) {
    Person& person = people_[self];
    person.place = person.place + by;
    person.velocity = kFramesPerSecond * by;
    person.pose = Pose::kWalk;
    if (std::abs(by.x) > 0.3 * by.Length()) person.facing = by.x > 0 ? 1 : -1;
  }

  void Go(int self) {
    Mind& mind = minds_[self];
    const Point way = mind.plan.goal - people_[self].place;
    const double stride = mind.speed * kStep;
    if (way.Length() > stride) return Move(self, stride / way.Length() * way);
    people_[self].place = mind.plan.goal;
    people_[self].facing = mind.plan.facing;
    Stay(self, mind.plan.seconds);
    if (mind.plan.aim == Aim::kMeet) Greet(self);
    if (mind.plan.aim == Aim::kFollow) Lead(self);
  }

  // The other person may turn round, and stays for a while if idle.
  void Greet(int self) {
    Person& partner = people_[minds_[self].plan.partner];
    Mind& mind = minds_[minds_[self].plan.partner];
    if (mind.phase != Mind::kStaying) return;
    const bool busy =
        mind.plan.aim == Aim::kFood || mind.plan.aim == Aim::kGuitar || mind.plan.aim == Aim::kTelevision;
    if (busy || random_.Chance(0.35)) return;
    partner.facing = people_[self].place.x < partner.place.x ? -1 : 1;
    mind.left = std::max(mind.left, random_.Uniform(2, 5));
  }

  // The person to be followed, if still there, sets off: far, and away from the follower.
  void Lead(int self) {
    const int leader = minds_[self].plan.partner;
    Mind& mind = minds_[leader];
    if (mind.phase != Mind::kStaying) return;
    const Point ahead = people_[leader].place - people_[self].place;
    if (ahead.Length() > 26) return;
    Plan best = Idle(leader, kFrameSize);
    double best_reach = -1e9;
    for (int trial = 0; trial < 12; ++trial) {
      const Plan plan = Idle(leader, kFrameSize);
      const Point way = plan.goal - people_[leader].place;
      const double reach = (way.x * ahead.x + way.y * ahead.y) / ahead.Length();
      if (reach > best_reach) {
        best_reach = reach;
        best = plan;
      }
    }
    mind.plan = best;
    mind.phase = Mind::kGoing;
    mind.speed = random_.Uniform(6, 7);
    minds_[self].phase = Mind::kFollowing;
  }

  // Keeps 12 pixels behind the leader for as long as the leader walks.
  void Follow(int self) {
    const Person& leader = people_[minds_[self].plan.partner];
    if (leader.pose != Pose::kWalk || leader.velocity.Length() == 0) {
      if (minds_[minds_[self].plan.partner].phase == Mind::kGoing) return;  // about to set off
      people_[self].facing = random_.Chance(0.5) ? people_[self].facing : RandomSide();
      minds_[self].plan.pose = RestingPose(0.6, 0.2);
      Stay(self, random_.Uniform(1, 3));
      return;
    }
    const Point behind = leader.place - (12 / leader.velocity.Length()) * leader.velocity;
    const Point way = behind - people_[self].place;
    const double stride = std::min(8 * kStep, way.Length());
    if (stride < 0.25) return Move(self, kStep * leader.velocity);
    Point next = (stride / way.Length()) * way;
    const Point there = people_[self].place + next;
    next = {std::clamp(there.x, 5.0, 59.0) - people_[self].place.x,
            std::clamp(there.y, 8.0, 56.0) - people_[self].place.y};
    if (next.Length() > 0) Move(self, next);
  }

  SplitMix64 random_;
  double music_ = 0;
  std::array<Point, kNumObjects> objects_;
  std::vector<Person> people_;
  std::vector<Mind> minds_;
};

}  // namespace

World PlayWorld(uint64_t seed, const WorldOptions& options) {
  Director director(HashSeed(seed, 1), options);
  const int frames = (options.keyframes + 2 * kLeadSeconds) * kFramesPerSecond;
  World world;
  world.objects = director.objects();
  world.look = HashSeed(seed, 2);
  SplitMix64 switches(HashSeed(seed, 3));
  world.television_on = Switching(frames, 5, 12, 3, 7, switches);
  world.lamp_on = Switching(frames, 5, 12, 3, 7, switches);
  for (int i = 0; i < kWarmUpSeconds * kFramesPerSecond; ++i) director.Step();
  for (int i = 0; i < frames; ++i) {
    director.Step();
    world.people.push_back(director.people());
  }
  return world;
}

}  // namespace mrsn::datasets::micro
