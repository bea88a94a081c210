// Labels against the README's sentences, and how often they are given.
#include "datasets/micro_world/rules.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "datasets/micro_world/testing_worlds.h"
#include "datasets/micro_world/world.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using micro::Action;
using micro::Object;
using micro::Person;
using micro::Pose;
using micro::World;

// The README's sentences, restated over boxes and plain numbers.
struct Seen {
  double x, y, left, right, top, bottom;
  int side;
  Pose pose;
  micro::Point velocity;
};

bool Near(const Seen& a, double x, double y, double reach) {
  return (a.x - x) * (a.x - x) + (a.y - y) * (a.y - y) <= reach * reach;
}
bool Looks(const Seen& a, double x, double y) {
  const double forward = (x - a.x) * a.side;
  return forward > 0 && std::fabs(std::atan2(y - a.y, forward)) <= M_PI / 4 + 1e-12;
}
bool Beyond(const Seen& a, micro::Point p) {
  return !(p.x >= a.left && p.x <= a.right && p.y >= a.top && p.y <= a.bottom);
}
double Angle(micro::Point a, micro::Point b) {
  return std::acos(
      std::clamp((a.x * b.x + a.y * b.y) / std::hypot(a.x, a.y) / std::hypot(b.x, b.y), -1.0, 1.0));
}

std::vector<Seen> Dump(const World& world, int frame) {
  std::vector<Seen> people;
  for (const Person& person : world.people[frame]) {
    const Box box = person.box();
    Seen seen{(box.x1 + box.x2) * 32.0,
              (box.y1 + box.y2) * 32.0,
              box.x1 * 64.0,
              box.x2 * 64.0,
              box.y1 * 64.0,
              box.y2 * 64.0,
              person.facing,
              person.pose,
              person.velocity};
    people.push_back(seen);
  }
  return people;
}

std::set<std::string> Expected(const World& world, int frame, int self) {
  const std::vector<Seen> people = Dump(world, frame);
  const auto still = [](const Seen& p) { return p.pose == Pose::kStand || p.pose == Pose::kCrouch; };
  const auto uses = [&](const Seen& p, Object object, double reach) {
    const micro::Point at = world.objects[static_cast<int>(object)];
    return Looks(p, at.x, at.y) && Near(p, at.x, at.y, reach) && Beyond(p, at);
  };
  const auto eats = [&](const Seen& p) { return still(p) && uses(p, Object::kFood, 16); };
  const auto plays = [&](const Seen& p) { return still(p) && uses(p, Object::kGuitar, 16); };
  const Seen& p = people[self];
  std::set<std::string> labels;
  const char* poses[] = {"stand", "walk", "wave", "crouch"};
  labels.insert(poses[static_cast<int>(p.pose)]);
  if (world.television_on[frame] && p.pose != Pose::kWalk && uses(p, Object::kTelevision, 28))
    labels.insert("watch TV");
  if (eats(p)) labels.insert("eat");
  if (plays(p)) labels.insert("play guitar");
  const micro::Point lamp = world.objects[static_cast<int>(Object::kLamp)];
  if (world.lamp_on[frame] && still(p) && Near(p, lamp.x, lamp.y, 20) && Beyond(p, lamp))
    labels.insert("read");
  for (size_t j = 0; j < people.size(); ++j) {
    const Seen& q = people[j];
    if (static_cast<int>(j) == self || !Near(p, q.x, q.y, 26)) continue;
    if (p.pose == Pose::kWalk) {
      const micro::Point way = {q.x - p.x, q.y - p.y};
      if (q.pose == Pose::kWalk && Angle(p.velocity, q.velocity) <= M_PI / 4 &&
          Angle(p.velocity, way) <= M_PI / 4) {
        labels.insert("follow");
      }
      continue;
    }
    if (!Looks(p, q.x, q.y)) continue;
    if (q.pose != Pose::kWalk && Looks(q, p.x, p.y)) labels.insert("talk to");
    if (q.pose == Pose::kWave) labels.insert("watch person wave");
    if (plays(q)) labels.insert("listen to music");
    if (eats(q) && !eats(p)) labels.insert("join meal");
  }
  return labels;
}

TEST(RulesTest, LabelsFollowFromTheStates) {
  const std::vector<ActionClass> classes = micro::Classes();
  int checked = 0;
  for (const World& world : Worlds(60)) {
    const auto labels = micro::LabelWorld(world, 30);
    for (int k = 0; k < 30; ++k) {
      const int frame = 4 * (k + 2);  // second 902 + k of a video that begins at 900
      for (size_t i = 0; i < world.people[frame].size(); ++i, ++checked) {
        std::set<std::string> shown;
        for (Action action : labels[k][i]) {
          if (action < micro::kWaitForMusic) shown.insert(classes[action - 1].name);
        }
        EXPECT_EQ(shown, Expected(world, frame, i)) << "key frame " << k << " person " << i;
      }
    }
  }
  EXPECT_GT(checked, 5000);
}

// From the labels alone: who waits for music and who has just heard some.
TEST(RulesTest, LongTermLabelsFollowFromTheOthers) {
  for (const World& world : Worlds(60)) {
    const auto labels = micro::LabelWorld(world, 30);
    const auto has = [](const std::vector<Action>& actions, Action action) {
      return std::find(actions.begin(), actions.end(), action) != actions.end();
    };
    std::vector<int> played;
    for (int k = 0; k < 30; ++k) {
      for (const auto& actions : labels[k]) {
        if (has(actions, micro::kPlayGuitar)) played.push_back(k);
      }
    }
    for (int k = 0; k < 30; ++k) {
      bool now = false, soon = false, lately = false;
      for (int other : played) {
        now |= other == k;
        soon |= other > k && other <= k + 10;
        lately |= other < k && other >= k - 10;
      }
      for (const auto& actions : labels[k]) {
        const bool idle = !now && !has(actions, micro::kWalking);
        EXPECT_EQ(has(actions, micro::kWaitForMusic), idle && soon);
        EXPECT_EQ(has(actions, micro::kAfterMusic), idle && lately);
      }
    }
  }
}

// Counts of every action, and of every action given each pose.
TEST(RulesTest, EveryClassIsCommonAndNoPoseDecidesAnActivity) {
  double total = 0, count[16] = {}, pose_count[5] = {}, given[16][5] = {}, exactly_one_pose = 0;
  for (const World& world : Worlds(120)) {
    for (const auto& people : micro::LabelWorld(world, 30)) {
      for (const auto& actions : people) {
        ++total;
        ++pose_count[actions[0]];
        exactly_one_pose += actions[0] <= 4 && (actions.size() == 1 || actions[1] > 4);
        for (Action action : actions) {
          ++count[action];
          ++given[action][actions[0]];
        }
      }
    }
  }
  EXPECT_EQ(exactly_one_pose, total);
  for (const ActionClass& action : micro::Classes()) {
    const double share = count[action.id] / total;
    RecordProperty(action.name, absl::StrCat(100 * share, " %"));
    EXPECT_GT(share, 0.025) << action.name;
    EXPECT_LT(share, 0.40) << action.name;
    for (int pose = 1; pose <= 4 && action.id > 4; ++pose) {
      EXPECT_LT(given[action.id][pose] / pose_count[pose], 0.40) << action.name << " given pose " << pose;
    }
  }
}

// People face televisions that are off, and lamps that are off have people near them.
TEST(RulesTest, TheStateOfAnObjectMatters) {
  int facing_on = 0, facing_off = 0;
  for (const World& world : Worlds(120)) {
    for (int k = 0; k < 30; ++k) {
      const int frame = micro::FrameOfKeyframe(k);
      for (const Seen& p : Dump(world, frame)) {
        const micro::Point at = world.at(Object::kTelevision);
        if (p.pose == Pose::kWalk || !Looks(p, at.x, at.y) || !Near(p, at.x, at.y, 28) || !Beyond(p, at))
          continue;
        ++(world.television_on[frame] ? facing_on : facing_off);
      }
    }
  }
  EXPECT_GT(facing_on, 500);
  EXPECT_GT(facing_off, 250);
}

// The actions of a person show inside the person's own box and nowhere else.
TEST(SingleActorTest, EveryClassIsCommon) {
  micro::WorldOptions options;
  options.min_people = options.max_people = 1;
  double total = 0, count[9] = {};
  for (const World& world : Worlds(120, options)) {
    for (const auto& people : micro::LabelWorld(world, 30)) {
      ASSERT_EQ(people.size(), 1);
      ++total;
      ++count[micro::SingleLabel(people[0])];
    }
  }
  EXPECT_LT(count[0] / total, 0.06);  // two activities at once: left out
  for (int id = 1; id <= 8; ++id) EXPECT_GT(count[id] / total, 0.04) << id;
}

TEST(SingleActorTest, TheActivityIsTheLabelElseThePose) {
  using namespace micro;  // NOLINT: the names of actions
  EXPECT_EQ(SingleLabel({kCrouching}), kCrouching);
  EXPECT_EQ(SingleLabel({kStanding, kEat}), kEat);
  EXPECT_EQ(SingleLabel({kStanding, kEat, kRead}), 0);
  EXPECT_EQ(SingleLabel({kWaving, kWaitForMusic}), kWaving);
}

}  // namespace
}  // namespace mrsn::datasets
