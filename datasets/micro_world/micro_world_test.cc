#include "datasets/micro_world/micro_world.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/micro_world/detector.h"
#include "datasets/micro_world/generate.h"
#include "datasets/micro_world/renderer.h"
#include "datasets/micro_world/rules.h"
#include "datasets/micro_world/world.h"
#include "datasets/random.h"
#include "datasets/video_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using micro::Action;
using micro::GenerateOptions;
using micro::Object;
using micro::Person;
using micro::Pose;
using micro::World;
using ::testing::HasSubstr;

std::string Root(const std::string& name) {
  const std::string root = ::testing::TempDir() + "micro_world_test." + name;
  std::filesystem::remove_all(root);
  return root;
}

GenerateOptions Small() {
  GenerateOptions options;
  options.train_videos = 3;
  options.val_videos = 2;
  options.keyframes_per_video = 12;
  return options;
}

// The worlds of the default training split.
std::vector<World> Worlds(int count, const micro::WorldOptions& options = {}) {
  std::vector<World> worlds;
  for (int i = 0; i < count; ++i) worlds.push_back(micro::PlayWorld(HashSeed(1, 0, i), options));
  return worlds;
}

TEST(WorldTest, SameSeedSameWorld) {
  const World a = micro::PlayWorld(5, {}), b = micro::PlayWorld(5, {}), c = micro::PlayWorld(6, {});
  ASSERT_EQ(a.num_frames(), 34 * 4);
  for (int f = 0; f < a.num_frames(); ++f) {
    for (size_t i = 0; i < a.people[f].size(); ++i) {
      EXPECT_EQ(a.people[f][i].place.x, b.people[f][i].place.x);
      EXPECT_EQ(a.people[f][i].pose, b.people[f][i].pose);
    }
  }
  EXPECT_NE(a.objects[0].x, c.objects[0].x);
}

TEST(WorldTest, PeopleStayInTheRoomAndWalkAtAWalkingPace) {
  for (const World& world : Worlds(40)) {
    EXPECT_GE(world.people[0].size(), 2);
    EXPECT_LE(world.people[0].size(), 4);
    for (int f = 1; f < world.num_frames(); ++f) {
      for (size_t i = 0; i < world.people[f].size(); ++i) {
        const Person &now = world.people[f][i], &before = world.people[f - 1][i];
        EXPECT_GE(now.left(), 0);
        EXPECT_LE(now.right(), 64);
        EXPECT_GE(now.top(), 0);
        EXPECT_LE(now.bottom(), 64);
        EXPECT_LE((now.place - before.place).Length() * 4, 8.001);  // pixels a second
        if (now.pose != Pose::kWalk) {
          EXPECT_EQ(now.velocity.Length(), 0);
        }
      }
    }
  }
}

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

// What a person does shows inside the person's own box and nowhere else.
TEST(RendererTest, APersonIsDrawnWithinTheirBox) {
  World world = micro::PlayWorld(3, {});
  std::vector<Person>& people = world.people[20];
  people.resize(2);
  world.people[0].resize(2);
  people[0].place = {20.3, 30.6};
  people[1].place = {50, 50};
  people[1].pose = Pose::kStand;
  World changed = world;
  for (Pose pose : {Pose::kStand, Pose::kWalk, Pose::kWave, Pose::kCrouch}) {
    for (int facing : {-1, 1}) {
      changed.people[20][0].pose = pose;
      changed.people[20][0].facing = facing;
      changed.people[20][0].place = {20.3, 30.6};
      World without = changed;
      without.people[20][0].place = {-50, -50};
      const cv::Mat a = micro::Renderer(changed).Draw(20), b = micro::Renderer(without).Draw(20);
      const Person& person = changed.people[20][0];
      int differing = 0;
      for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 64; ++x) {
          if (a.at<cv::Vec3b>(y, x) == b.at<cv::Vec3b>(y, x)) continue;
          ++differing;
          EXPECT_GE(x + 1, person.left());  // pixels are rounded to the grid: up to half a pixel
          EXPECT_LE(x, person.right());
          EXPECT_GE(y + 1, person.top());
          EXPECT_LE(y, person.bottom());
        }
      }
      EXPECT_GT(differing, pose == Pose::kCrouch ? 20 : 40);
    }
  }
}

TEST(GenerateTest, SameOptionsSameBytes) {
  const std::string a = Root("a"), b = Root("b"), c = Root("c");
  GenerateOptions options = Small();
  ASSERT_TRUE(micro::Generate(options, a).ok());
  ASSERT_TRUE(micro::Generate(options, b).ok());
  options.seed = 2;
  ASSERT_TRUE(micro::Generate(options, c).ok());
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(a)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string path = std::filesystem::relative(entry.path(), a);
    EXPECT_EQ(*ReadFile(entry.path()), *ReadFile(absl::StrCat(b, "/", path))) << path;
    if (path != "label_map.pbtxt") {
      EXPECT_NE(*ReadFile(entry.path()), *ReadFile(absl::StrCat(c, "/", path))) << path;
    }
  }
  EXPECT_EQ(files, 5 + 5);
  EXPECT_NE(*ReadFile(a + "/videos/train_0000.avi"), *ReadFile(a + "/videos/val_0000.avi"));
}

TEST(GenerateTest, VideosAreLossless) {
  const std::string root = Root("lossless");
  ASSERT_TRUE(micro::Generate(Small(), root).ok());
  micro::WorldOptions options;
  options.keyframes = 12;
  const World world = micro::PlayWorld(HashSeed(1, 1, 1), options);  // val_0001
  const micro::Renderer renderer(world);
  const auto video = DecodeVideo(root + "/videos/val_0001.avi");
  ASSERT_TRUE(video.ok()) << video.status();
  ASSERT_EQ(video->frames.size(), 16 * 4);
  for (int i = 0; i < 16 * 4; ++i)
    EXPECT_EQ(cv::norm(video->frames[i], renderer.Draw(i), cv::NORM_INF), 0) << i;
}

TEST(DetectorTest, FaultsAreAsDescribed) {
  double people = 0, found = 0, boxes = 0, confident = 0, confident_false = 0, close = 0, overlapping = 0;
  Random random(1);
  for (const World& world : Worlds(60)) {
    for (int k = 0; k < 30; ++k) {
      const std::vector<Person>& persons = world.people[micro::FrameOfKeyframe(k)];
      const std::vector<micro::Detection> detections = micro::DetectPeople(persons, random);
      for (const micro::Detection& detection : detections) {
        EXPECT_TRUE(detection.box.Valid());
        EXPECT_GE(detection.box.x1, 0);
        EXPECT_LE(detection.box.y2, 1);
        float best = 0;
        for (const Person& person : persons)
          best = std::max(best, IntersectionOverUnion(detection.box, person.box()));
        ++boxes;
        confident += detection.score > 0.85;
        confident_false += detection.score > 0.85 && best < 0.3;
        overlapping += best > 0.3;
        close += best > 0.75;
      }
      for (const Person& person : persons) {
        ++people;
        found += std::any_of(detections.begin(), detections.end(), [&](const micro::Detection& detection) {
          return IntersectionOverUnion(detection.box, person.box()) > 0.3;
        });
      }
    }
  }
  EXPECT_NEAR(found / people, 0.93, 0.02);       // 8 % missed, some of them covered by a neighbour's box
  EXPECT_NEAR(confident / boxes, 0.72, 0.05);    // the score threshold drops more than a quarter
  EXPECT_GT(confident_false / boxes, 0.01);      // and lets some false ones through
  EXPECT_NEAR(close / overlapping, 0.70, 0.10);  // the IoU rule drops about a third
}

TEST(GenerateTest, TwoAtOnceEndWithOneFolder) {
  const std::string root = Root("twice");
  absl::StatusOr<std::string> folders[2];
  std::thread other([&] { folders[1] = micro::GenerateOnce(Small(), root); });
  folders[0] = micro::GenerateOnce(Small(), root);
  other.join();
  ASSERT_TRUE(folders[0].ok() && folders[1].ok()) << folders[0].status() << folders[1].status();
  EXPECT_EQ(*folders[0], *folders[1]);
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) entries += entry.is_directory();
  EXPECT_EQ(entries, 1);  // no temporary folder is left
  EXPECT_TRUE(FileExists(*folders[0] + "/val_boxes.csv"));
}

TEST(GenerateTest, AnUnwritableFolderIsAnError) {
  ASSERT_TRUE(WriteFileAtomically(Root("file"), "in the way").ok());
  const auto folder = micro::GenerateOnce(Small(), ::testing::TempDir() + "micro_world_test.file");
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr("micro_world_test.file"));
}

TEST(SingleActorTest, OneLabelAClipAndTheWholeFrame) {
  const std::string root = Root("single");
  GenerateOptions options = Small();
  options.single_actor = true;
  ASSERT_TRUE(micro::Generate(options, root).ok());
  EXPECT_EQ(ReadLabelMap(root + "/label_map.pbtxt")->size(), 8);
  const auto rows = ReadAvaAnnotations(root + "/train.csv");
  ASSERT_TRUE(rows.ok());
  std::set<Keyframe> keyframes;
  for (const AnnotatedBox& row : *rows) {
    EXPECT_TRUE(keyframes.insert(row.keyframe).second) << row.keyframe.video << "," << row.keyframe.timestamp;
    EXPECT_TRUE((row.box == Box{0, 0, 1, 1}));
  }
  EXPECT_GT(rows->size(), 0.8 * 3 * 12);
  EXPECT_EQ(ReadAvaBoxes(root + "/train_boxes.csv")->size(), rows->size());
}

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
