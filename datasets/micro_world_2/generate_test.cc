#include "datasets/micro_world_2/generate.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/generated/write_world.h"
#include "datasets/micro_world_2/renderer.h"
#include "datasets/micro_world_2/rules.h"
#include "datasets/micro_world_2/world.h"
#include "datasets/video_reader.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

using micro2::GenerateOptions;
using micro2::Person;
using micro2::Pose;
using micro2::World;

std::string Root(const std::string& name) {
  const std::string root = ::testing::TempDir() + "micro_world_2_test." + name;
  std::filesystem::remove_all(root);
  return root;
}

GenerateOptions Small() {
  GenerateOptions options;
  options.train_videos = 2;
  options.val_videos = options.test_videos = 1;
  options.keyframes_per_video = 6;
  return options;
}

// SHA-256 of the lists and of the pixels of a frame: a change means that earlier results are not comparable,
// and needs a new kGeneratorVersion.
TEST(MicroWorld2GenerateTest, TheWorldIsTheSameOnEveryMachine) {
  const std::string root = Root("bytes");
  ASSERT_TRUE(generated::WriteLists(micro2::GeneratedWorld(Small()), root).ok());
  const std::string lists = *ReadFile(root + "/train.csv") + *ReadFile(root + "/test_boxes.csv");
  EXPECT_EQ(Fingerprint(lists).substr(0, 16), "11d60747c0b4247f");
  micro2::WorldOptions options;
  options.keyframes = 6;
  const World world = micro2::PlayWorld(HashSeed(1, 0, 1), options);
  const cv::Mat frame = micro2::Renderer(world).Draw(12);
  ASSERT_TRUE(frame.isContinuous());
  EXPECT_EQ(
      Fingerprint(std::string(reinterpret_cast<const char*>(frame.data), frame.total() * 3)).substr(0, 16),
      "e21ac7d009618f39");
}

TEST(MicroWorld2GenerateTest, VideosAndListsAreThoseOfTheWorld) {
  const std::string root = Root("videos");
  ASSERT_TRUE(generated::WriteWorld(micro2::GeneratedWorld(Small()), root).ok());
  micro2::WorldOptions options;
  options.keyframes = 6;
  const World world = micro2::PlayWorld(HashSeed(1, 2, 0), options);  // test_0000
  const auto video = DecodeVideo(root + "/videos/test_0000.avi");
  ASSERT_TRUE(video.ok()) << video.status();
  ASSERT_EQ(video->frames.size(), 10u * 4);
  const micro2::Renderer renderer(world);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(cv::norm(video->frames[i], renderer.Draw(i), cv::NORM_INF), 0) << i;
  const auto rows = ReadAvaAnnotations(root + "/test.csv");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->keyframes().size(), 6u);
  const auto labels = micro2::LabelWorld(world, 6);
  size_t expected = 0;
  for (const auto& actions : labels[3]) expected += actions.size();
  EXPECT_EQ(rows->rows(3).size(), expected);
  const auto classes = ReadLabelMap(root + "/label_map.pbtxt");
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 18u);
  EXPECT_EQ((*classes)[11].kind, "own-conjunction");
}

// A clip of four frames around a key frame shows the shot of the key frame only.
TEST(MicroWorld2RendererTest, AShotLastsForTheFramesOfAClip) {
  for (int k = 0; k < 5; ++k) {
    const int centre = (generated::kLeadSeconds + k) * micro2::kFramesPerSecond;
    for (int frame = centre - 2; frame < centre + 2; ++frame) {
      EXPECT_EQ(micro2::ShotOfFrame(frame), micro2::ShotOfKeyframe(k)) << frame;
    }
  }
}

// Pose and direction change pixels inside the person's box and nowhere else.
TEST(MicroWorld2RendererTest, APersonIsDrawnWithinTheirBox) {
  const World world = micro2::PlayWorld(3, {});
  const int frame = 20;
  const int shot = micro2::ShotOfFrame(frame);
  for (const Pose pose : {Pose::kStand, Pose::kWalk, Pose::kWave, Pose::kCrouch}) {
    World changed = world;
    Person& person = changed.shots[shot].people[0];
    person.pose = pose;
    World turned = changed;
    turned.shots[shot].people[0].facing = -person.facing;
    const cv::Mat a = micro2::Renderer(changed).Draw(frame), b = micro2::Renderer(turned).Draw(frame);
    int differing = 0;
    for (int y = 0; y < 96; ++y) {
      for (int x = 0; x < 96; ++x) {
        if (a.at<cv::Vec3b>(y, x) == b.at<cv::Vec3b>(y, x)) continue;
        ++differing;
        EXPECT_TRUE(x >= person.left() && x < person.right()) << x;
        EXPECT_TRUE(y >= person.top() && y < person.bottom()) << y;
      }
    }
    EXPECT_GT(differing, pose == Pose::kCrouch ? 20 : 36);
  }
}

TEST(MicroWorld2GenerateTest, AttributesHaveOneBoxAClip) {
  GenerateOptions options = Small();
  options.attributes = true;
  const generated::Room room = micro2::GeneratedWorld(options).make(0, 0);
  ASSERT_EQ(room.keyframes.size(), 6u);
  for (const generated::RoomKeyframe& keyframe : room.keyframes) {
    ASSERT_EQ(keyframe.people.size(), 1u);
    EXPECT_TRUE((keyframe.people[0].box == Box{0, 0, 1, 1}));
    EXPECT_GE(keyframe.people[0].actions.size(), 2u);
    ASSERT_EQ(keyframe.detections.size(), 1u);
  }
  EXPECT_NE(micro2::GeneratedWorld(options).fingerprint, micro2::GeneratedWorld(Small()).fingerprint);
}

}  // namespace
}  // namespace mrsn::datasets
