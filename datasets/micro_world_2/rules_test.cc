// Labels against the README's sentences; and each kind of class can be told from the facts that it names, and
// not without them.
#include "datasets/micro_world_2/rules.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/micro_world_2/world.h"
#include "gtest/gtest.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

using micro2::Object;
using micro2::Person;
using micro2::Pose;
using micro2::Shot;
using micro2::World;

constexpr int kKeyframes = 30;

std::vector<World> Worlds(int count, int split) {
  std::vector<World> worlds;
  for (int i = 0; i < count; ++i) worlds.push_back(micro2::PlayWorld(HashSeed(1, split, i), {}));
  return worlds;
}

// The README's sentences, restated: what stands in front of a person, 22 to 26 pixels away in the same row.
bool Before(const Person& p, int x, int y) {
  const int ahead = p.facing > 0 ? x - p.place.x : p.place.x - x;
  return ahead > 20 && ahead < 28 && std::abs(y - p.place.y) < 4;
}
bool Uses(const Person& p, const Shot& shot, Object object) {
  const micro2::Thing& thing = shot.things[static_cast<int>(object)];
  return thing.on && Before(p, thing.place.x, thing.place.y);
}

std::set<std::string> Expected(const Shot& shot, int self) {
  const char* poses[] = {"stand", "walk", "wave", "crouch"};
  const Person& p = shot.people[self];
  std::set<std::string> labels = {poses[static_cast<int>(p.pose)]};
  const auto quiet = [](const Person& q) { return q.pose == Pose::kStand || q.pose == Pose::kCrouch; };
  bool audience = false;
  for (const Person& q : shot.people) audience |= &q != &p && Before(q, p.place.x, p.place.y);
  if (p.pose != Pose::kWalk && Uses(p, shot, Object::kTelevision)) labels.insert("watch TV");
  if (quiet(p) && Uses(p, shot, Object::kTable)) {
    labels.insert("eat");
    if (!audience) labels.insert("eat alone");
  }
  if (quiet(p) && Uses(p, shot, Object::kLamp)) {
    labels.insert("read");
    if (audience) labels.insert("read to somebody");
  }
  if (quiet(p) && Uses(p, shot, Object::kGuitar)) {
    labels.insert("play guitar");
    if (audience) labels.insert("play for somebody");
  }
  for (const Person& q : shot.people) {
    if (&q == &p || !Before(p, q.place.x, q.place.y)) continue;
    if (p.pose == Pose::kWalk) {
      if (q.pose == Pose::kWalk && q.facing == p.facing) labels.insert("follow");
      continue;
    }
    if (q.pose != Pose::kWalk && q.facing != p.facing) labels.insert("talk to");
    if (q.pose == Pose::kWave) labels.insert("watch person wave");
    if (quiet(q) && Uses(q, shot, Object::kGuitar)) labels.insert("listen to music");
    if (quiet(q) && Uses(q, shot, Object::kTable)) labels.insert("join meal");
  }
  return labels;
}

TEST(MicroWorld2RulesTest, LabelsFollowFromTheStates) {
  const std::vector<ActionClass> classes = micro2::Classes();
  int checked = 0;
  for (const World& world : Worlds(60, 0)) {
    const auto labels = micro2::LabelWorld(world, kKeyframes);
    for (int k = 0; k < kKeyframes; ++k) {
      const Shot& shot = world.shots[k + 2];  // second 902 + k of a video that begins at 900
      for (size_t i = 0; i < shot.people.size(); ++i, ++checked) {
        std::set<std::string> shown;
        for (const micro2::Action action : labels[k][i]) {
          if (action < micro2::kWaitForMusic) shown.insert(classes[action - 1].name);
        }
        EXPECT_EQ(shown, Expected(shot, i)) << "key frame " << k << " person " << i;
      }
    }
  }
  EXPECT_GT(checked, 5000);
}

// Things next to each other are further apart than a feature sees, and never closer.
TEST(MicroWorld2Test, NothingStandsNearAPerson) {
  for (const World& world : Worlds(60, 0)) {
    for (const Shot& shot : world.shots) {
      for (const Person& p : shot.people) {
        EXPECT_TRUE(p.left() >= 0 && p.right() <= 96 && p.top() >= 0 && p.bottom() <= 96);
        const auto far = [&](micro2::Place q, int half_width, int half_height) {
          const int gap_x = std::abs(q.x - p.place.x) - 6 - half_width;
          const int gap_y = std::abs(q.y - p.place.y) - 10 - half_height;
          return gap_x >= 10 || gap_y >= 10;
        };
        for (const Person& q : shot.people) {
          if (&q != &p) {
            EXPECT_TRUE(far(q.place, 6, 10));
          }
        }
        for (const micro2::Thing& thing : shot.things) EXPECT_TRUE(far(thing.place, 4, 4));
      }
    }
  }
}

// One person of one key frame: facts in words, and the labels.
struct Example {
  // What the person's own box shows; the objects and the people next to the person; what the person in front
  // has before themselves; whether somebody plays now; whether somebody played lately and will play soon.
  std::string self, objects, people, front, others, now, seconds;
  std::set<int> labels;
};

std::string ThingAt(const Shot& shot, const Person& p, int side) {
  Person looking = p;
  looking.facing = p.facing * side;
  for (int i = 0; i < micro2::kNumObjects; ++i) {
    const micro2::Thing& thing = shot.things[i];
    if (Before(looking, thing.place.x, thing.place.y)) return absl::StrCat(i, thing.on ? "+" : "-");
  }
  return ".";
}

int PersonAt(const Shot& shot, const Person& p, int side) {
  Person looking = p;
  looking.facing = p.facing * side;
  for (size_t j = 0; j < shot.people.size(); ++j) {
    if (Before(looking, shot.people[j].place.x, shot.people[j].place.y)) return static_cast<int>(j);
  }
  return -1;
}

std::string Look(const Shot& shot, const Person& p, int j) {
  if (j < 0) return ".";
  return absl::StrCat(static_cast<int>(shot.people[j].pose), shot.people[j].facing == p.facing ? "s" : "b");
}

std::vector<Example> Examples(int rooms, int split) {
  std::vector<Example> examples;
  for (const World& world : Worlds(rooms, split)) {
    const auto labels = micro2::LabelWorld(world, kKeyframes);
    std::vector<bool> music(kKeyframes);
    for (int k = 0; k < kKeyframes; ++k) {
      for (const auto& actions : labels[k]) {
        music[k] = music[k] || std::count(actions.begin(), actions.end(), micro2::kPlayGuitar) > 0;
      }
    }
    const auto heard = [&](int k, int direction) {
      for (int step = 1; step <= 6; ++step) {
        const int other = k + direction * step;
        if (other >= 0 && other < kKeyframes && music[other]) return true;
      }
      return false;
    };
    for (int k = 0; k < kKeyframes; ++k) {
      const Shot& shot = world.shots[k + 2];
      for (size_t i = 0; i < shot.people.size(); ++i) {
        const Person& p = shot.people[i];
        const int front = PersonAt(shot, p, 1);
        Example example;
        example.self = absl::StrCat(static_cast<int>(p.pose));
        example.objects = ThingAt(shot, p, 1) + ThingAt(shot, p, -1);
        example.people = Look(shot, p, front) + Look(shot, p, PersonAt(shot, p, -1));
        example.front = Look(shot, p, front);
        example.others = front < 0 ? "." : ThingAt(shot, shot.people[front], 1);
        example.now = music[k] ? "music" : "silence";
        example.seconds = absl::StrCat(heard(k, -1), heard(k, 1));
        example.labels.insert(labels[k][i].begin(), labels[k][i].end());
        examples.push_back(std::move(example));
      }
    }
  }
  return examples;
}

using Facts = std::function<std::string(const Example&)>;

// The average precision of the best score that these facts allow: how often the class is true of people of
// other rooms with the same facts. People of equal facts come in any order: precision is counted behind all
// of them.
double BestPrecision(int label, const Facts& facts) {
  static const auto* const known = new std::vector<Example>(Examples(300, 0));
  static const auto* const asked = new std::vector<Example>(Examples(150, 1));
  std::map<std::string, std::pair<double, double>> seen;  // true, all
  for (const Example& example : *known) {
    auto& [positive, all] = seen[facts(example)];
    positive += example.labels.count(label);
    ++all;
  }
  std::map<double, std::pair<double, double>, std::greater<>> by_score;
  double positives = 0;
  for (const Example& example : *asked) {
    const auto found = seen.find(facts(example));
    const double score = found == seen.end() ? 0 : found->second.first / found->second.second;
    by_score[score].first += example.labels.count(label);
    ++by_score[score].second;
    positives += example.labels.count(label);
  }
  double precision = 0, hits = 0, all = 0;
  for (const auto& [score, group] : by_score) {
    hits += group.first;
    all += group.second;
    precision += group.first / positives * hits / all;
  }
  return precision;
}

void ExpectKnown(const std::vector<int>& labels, const Facts& facts) {
  for (const int label : labels) EXPECT_GE(BestPrecision(label, facts), 0.95) << label;
}
void ExpectUnknown(const std::vector<int>& labels, const Facts& facts, double most) {
  for (const int label : labels) {
    const double precision = BestPrecision(label, facts);
    ::testing::Test::RecordProperty(absl::StrCat("class_", label, "_without"), absl::StrCat(precision));
    EXPECT_LE(precision, most) << label;
  }
}

TEST(KindsTest, ContextNeedsTheObjects) {
  const std::vector<int> kind = {micro2::kWatchTelevision, micro2::kEat, micro2::kRead, micro2::kPlayGuitar};
  ExpectKnown(kind, [](const Example& e) { return e.self + e.objects; });
  ExpectUnknown(
      kind, [](const Example& e) { return e.self + e.people; }, 0.25);
}

TEST(KindsTest, ActorActorNeedsTheOtherPerson) {
  const std::vector<int> kind = {micro2::kTalkTo, micro2::kWatchWaving, micro2::kFollow};
  ExpectKnown(kind, [](const Example& e) { return e.self + e.people; });
  ExpectUnknown(
      kind, [](const Example& e) { return e.self + e.objects; }, 0.4);
}

TEST(KindsTest, OwnConjunctionNeedsBothRelations) {
  const std::vector<int> kind = {micro2::kPlayForSomebody, micro2::kEatAlone, micro2::kReadAloud};
  ExpectKnown(kind, [](const Example& e) { return e.self + e.objects + e.people; });
  ExpectUnknown(
      kind, [](const Example& e) { return e.self + e.objects; }, 0.68);
  ExpectUnknown(
      kind, [](const Example& e) { return e.self + e.people + e.others; }, 0.25);
}

TEST(KindsTest, OthersRelationNeedsTheOthersObject) {
  const std::vector<int> kind = {micro2::kListenToMusic, micro2::kJoinMeal};
  ExpectKnown(kind, [](const Example& e) { return e.self + e.front + e.others; });
  ExpectUnknown(
      kind, [](const Example& e) { return e.self + e.people + e.objects; }, 0.27);
}

TEST(KindsTest, LongTermNeedsOtherSeconds) {
  const std::vector<int> kind = {micro2::kWaitForMusic, micro2::kAfterMusic};
  ExpectKnown(kind, [](const Example& e) { return e.self + e.now + e.seconds; });
  for (const int label : kind) {
    const double chance = BestPrecision(label, [](const Example& e) { return e.self + e.now; });
    EXPECT_LT(chance, 0.5);
    ExpectUnknown(
        {label}, [](const Example& e) { return e.self + e.now + e.people + e.objects; }, chance + 0.05);
  }
}

// Counts of every action, and of every action given each pose.
TEST(KindsTest, EveryClassIsCommonAndNoPoseDecidesIt) {
  std::map<int, double> count, poses;
  std::map<std::pair<int, int>, double> given;
  double total = 0;
  for (const Example& example : Examples(300, 0)) {
    ++total;
    const int pose = *example.labels.begin();
    ++poses[pose];
    for (const int label : example.labels) {
      ++count[label];
      ++given[{label, pose}];
    }
  }
  for (const ActionClass& action : micro2::Classes()) {
    RecordProperty(absl::StrCat("share_", action.id), absl::StrCat(100 * count[action.id] / total, " %"));
    EXPECT_GT(count[action.id] / total, 0.02) << action.name;
    EXPECT_LT(count[action.id] / total, 0.40) << action.name;
    for (int pose = 1; pose <= 4 && action.id > 4; ++pose) {
      EXPECT_LT((given[{action.id, pose}] / poses[pose]), 0.50) << action.name << " given pose " << pose;
    }
  }
}

TEST(AttributesTest, EveryAttributeIsCommonAndNamed) {
  std::map<int, double> count;
  double total = 0;
  for (int i = 0; i < 60; ++i) {
    const World world = micro2::PlayLonely(HashSeed(1, 0, i), kKeyframes);
    for (const Shot& shot : world.shots) {
      ASSERT_EQ(shot.people.size(), 1u);
      ++total;
      const std::vector<int> ids = micro2::AttributesOf(shot, world.clothes[0]);
      EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
      for (const int id : ids) ++count[id];
    }
  }
  for (const ActionClass& attribute : micro2::AttributeClasses()) {
    EXPECT_GT(count[attribute.id] / total, 0.05) << attribute.name;
    EXPECT_LT(count[attribute.id] / total, 0.70) << attribute.name;
  }
  EXPECT_EQ(count.size(), 21u);
}

}  // namespace
}  // namespace mrsn::datasets
