#include "datasets/micro_world_2/world.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ops/base/random.h"

namespace mrsn::datasets::micro2 {
namespace {

bool Percent(SplitMix64& random, int percent) { return random.Below(100) < percent; }

struct Slot {
  int column = 0, row = 0;
  friend bool operator==(Slot a, Slot b) { return a.column == b.column && a.row == b.row; }
};

// The grid of one shot while it is filled.
class Stage {
 public:
  explicit Stage(SplitMix64& random) : random_(random) {}

  bool Free(Slot slot) const {
    return slot.column >= 0 && slot.column < kColumns && !taken_[slot.row][slot.column];
  }
  std::vector<Slot> FreeSlots() const {
    std::vector<Slot> free;
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kColumns; ++column) {
        if (!taken_[row][column]) free.push_back({column, row});
      }
    }
    return free;
  }
  Slot AnyFree() {
    const std::vector<Slot> free = FreeSlots();
    return free[random_.Below(free.size())];
  }
  // Takes the slot, and gives a place in it.
  Place Take(Slot slot) {
    taken_[slot.row][slot.column] = true;
    const int x = 12 + 24 * slot.column + random_.Between(-1, 1);
    const int y = 16 + 32 * slot.row + random_.Between(-1, 1);
    return {x, y};
  }

 private:
  SplitMix64& random_;
  bool taken_[kRows][kColumns] = {};
};

Pose RandomPose(SplitMix64& random) {
  const int draw = static_cast<int>(random.Below(100));
  return draw < 36 ? Pose::kStand : draw < 60 ? Pose::kWalk : draw < 73 ? Pose::kWave : Pose::kCrouch;
}

bool Still(Pose pose) { return pose == Pose::kStand || pose == Pose::kCrouch; }

// Nobody looks at a wall: in the outer columns people face the room.
int FacingIn(Slot slot, int wish) {
  if (slot.column == 0) return 1;
  if (slot.column == kColumns - 1) return -1;
  return wish;
}

// Two scenes, in rows of their own: somebody with a slot in front that waits for an object, and mostly
// somebody behind who looks on. Others stand anywhere, half of them before somebody and facing them.
class Director {
 public:
  Director(int people, bool music, SplitMix64& random) : music_(music), random_(random), stage_(random) {
    const std::vector<int64_t> rows = Permutation(kRows, random_.Next());
    for (int scene = 0; scene < 2 && people > 0; ++scene) people -= PlaceScene(rows[scene], people);
    for (; people > 0; --people) PlaceOther();
    for (size_t i = 0; i < slots_.size(); ++i) Walkers(static_cast<int>(i));
  }

  // Nothing if the guitar has no place that fits: nobody can play, or nobody can help playing.
  std::optional<Shot> Finish() {
    if (!PlaceGuitar()) return std::nullopt;
    std::array<Object, 3> others = {Object::kTelevision, Object::kTable, Object::kLamp};
    for (int i = 2; i > 0; --i) std::swap(others[i], others[random_.Below(i + 1)]);
    for (const Object object : others) {
      const std::vector<Slot> waiting = Waiting(), fronts = Fronts([](const Person&) { return true; });
      if (!waiting.empty() && Percent(random_, 88)) {
        Put(object, Any(waiting));
      } else if (!fronts.empty() && Percent(random_, 50)) {
        Put(object, Any(fronts));
      } else {
        Put(object, Any(stage_.FreeSlots()));
      }
      shot_.things[static_cast<int>(object)].on = Percent(random_, 72);
    }
    return shot_;
  }

 private:
  Slot Any(const std::vector<Slot>& slots) { return slots[random_.Below(slots.size())]; }
  int AnySide() { return random_.Below(2) == 0 ? -1 : 1; }

  Slot Front(int person) const {
    return {slots_[person].column + shot_.people[person].facing, slots_[person].row};
  }
  // The person in that slot; -1 if there is none.
  int PersonAt(Slot slot) const {
    const auto found = std::find(slots_.begin(), slots_.end(), slot);
    return found == slots_.end() ? -1 : static_cast<int>(found - slots_.begin());
  }
  bool IsReserved(Slot slot) const {
    return std::find(reserved_.begin(), reserved_.end(), slot) != reserved_.end();
  }

  void AddPerson(Slot slot, int facing) {
    Person person;
    person.place = stage_.Take(slot);
    person.facing = FacingIn(slot, facing);
    person.pose = RandomPose(random_);
    shot_.people.push_back(person);
    slots_.push_back(slot);
  }

  // Returns the number of people in the scene, `most` or less.
  int PlaceScene(int64_t row, int most) {
    const int facing = AnySide();
    // The three slots of the scene fit into the row in two ways.
    const int front = facing < 0 ? random_.Between(0, 1) : random_.Between(2, 3);
    const int r = static_cast<int>(row);
    reserved_.push_back({front, r});
    AddPerson({front - facing, r}, facing);
    if (most < 2 || !Percent(random_, 62)) return 1;
    AddPerson({front - 2 * facing, r}, facing);
    return 2;
  }

  void PlaceOther() {
    if (Percent(random_, 50)) {
      std::vector<std::pair<Slot, int>> before;  // somebody: slot, and the side to face
      for (size_t i = 0; i < slots_.size(); ++i) {
        const Slot front = Front(static_cast<int>(i));
        if (stage_.Free(front) && !IsReserved(front)) before.emplace_back(front, -shot_.people[i].facing);
      }
      if (!before.empty()) {
        const auto& [slot, facing] = before[random_.Below(before.size())];
        return AddPerson(slot, facing);
      }
    }
    std::vector<Slot> free;
    for (const Slot& slot : stage_.FreeSlots()) {
      if (!IsReserved(slot)) free.push_back(slot);
    }
    const Slot slot = Any(free);
    AddPerson(slot, AnySide());
  }

  // Who looks at somebody's back may walk behind them.
  void Walkers(int person) {
    const int other = PersonAt(Front(person));
    if (other < 0 || shot_.people[other].facing != shot_.people[person].facing) return;
    if (!Percent(random_, 10)) return;
    shot_.people[person].pose = shot_.people[other].pose = Pose::kWalk;
  }

  // The slots of the scenes that have no object yet.
  std::vector<Slot> Waiting() const {
    std::vector<Slot> waiting;
    for (const Slot& slot : reserved_) {
      if (stage_.Free(slot)) waiting.push_back(slot);
    }
    return waiting;
  }

  // Free slots in front of people that `fits` holds for.
  template <typename Fits>
  std::vector<Slot> Fronts(Fits fits) const {
    std::vector<Slot> fronts;
    for (size_t i = 0; i < slots_.size(); ++i) {
      const Slot front = Front(static_cast<int>(i));
      if (fits(shot_.people[i]) && stage_.Free(front)) fronts.push_back(front);
    }
    return fronts;
  }

  bool PlaceGuitar() {
    const std::vector<Slot> playable = Fronts([](const Person& person) { return Still(person.pose); });
    const auto is_playable = [&](Slot slot) {
      return std::find(playable.begin(), playable.end(), slot) != playable.end();
    };
    std::vector<Slot> fitting;
    if (music_) {
      for (const Slot& slot : playable) {
        if (IsReserved(slot)) fitting.push_back(slot);
      }
      if (fitting.empty() || !Percent(random_, 88)) fitting = playable;
    } else {
      for (const Slot& slot : stage_.FreeSlots()) {
        if (!is_playable(slot) && !IsReserved(slot)) fitting.push_back(slot);
      }
    }
    if (fitting.empty()) return false;
    Put(Object::kGuitar, Any(fitting));
    return true;
  }

  void Put(Object object, Slot slot) { shot_.things[static_cast<int>(object)].place = stage_.Take(slot); }

  const bool music_;
  SplitMix64& random_;
  Stage stage_;
  Shot shot_;
  std::vector<Slot> slots_;     // of the people
  std::vector<Slot> reserved_;  // wait for objects
};

// Whether somebody plays, for every second.
std::vector<bool> Sessions(int seconds, SplitMix64& random) {
  std::vector<bool> music(seconds, false);
  // A video begins anywhere in a session or between two.
  int second = random.Between(-31, 0);
  while (second < seconds) {
    second += random.Between(8, 24);
    for (int left = random.Between(4, 8); left > 0; --left, ++second) {
      if (second >= 0 && second < seconds) music[second] = true;
    }
  }
  return music;
}

int Seconds(int keyframes) { return keyframes + 2 * generated::kLeadSeconds; }

std::vector<int> DifferentClothes(int people, uint64_t seed) {
  const std::vector<int64_t> order = Permutation(kClothes, seed);
  return {order.begin(), order.begin() + people};
}

}  // namespace

World PlayWorld(uint64_t seed, const WorldOptions& options) {
  SplitMix64 random(HashSeed(seed, 1));
  World world;
  world.look = HashSeed(seed, 2);
  const int people = random.Between(options.min_people, options.max_people);
  world.clothes = DifferentClothes(people, HashSeed(seed, 3));
  for (const bool music : Sessions(Seconds(options.keyframes), random)) {
    std::optional<Shot> shot;
    while (!shot.has_value()) shot = Director(people, music, random).Finish();
    world.shots.push_back(*std::move(shot));
  }
  return world;
}

World PlayLonely(uint64_t seed, int keyframes) {
  SplitMix64 random(HashSeed(seed, 1));
  World world;
  world.look = HashSeed(seed, 2);
  world.clothes = DifferentClothes(1, HashSeed(seed, 3));
  for (int second = 0; second < Seconds(keyframes); ++second) {
    Stage stage(random);
    Shot shot;
    Person person;
    person.place = stage.Take(stage.AnyFree());
    person.facing = random.Below(2) == 0 ? -1 : 1;
    person.pose = static_cast<Pose>(random.Below(kNumPoses));
    shot.people.push_back(person);
    for (Thing& thing : shot.things) {
      thing.there = Percent(random, 60);
      thing.on = Percent(random, 50);
      thing.place = stage.Take(stage.AnyFree());
    }
    world.shots.push_back(std::move(shot));
  }
  return world;
}

}  // namespace mrsn::datasets::micro2
