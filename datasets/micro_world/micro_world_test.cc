#include "datasets/micro_world/micro_world.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/generated/detector.h"
#include "datasets/generated/write_world.h"
#include "datasets/micro_world/generate.h"
#include "datasets/micro_world/renderer.h"
#include "datasets/micro_world/testing_worlds.h"
#include "datasets/micro_world/world.h"
#include "datasets/video_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

using micro::GenerateOptions;
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

absl::Status Write(const GenerateOptions& options, const std::string& folder) {
  return generated::WriteWorld(micro::GeneratedWorld(options), folder);
}

absl::StatusOr<std::string> WriteOnce(const GenerateOptions& options, const std::string& root) {
  return generated::WriteWorldOnce(micro::GeneratedWorld(options), root);
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
  ASSERT_TRUE(Write(options, a).ok());
  ASSERT_TRUE(Write(options, b).ok());
  options.seed = 2;
  ASSERT_TRUE(Write(options, c).ok());
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

// SHA-256 of the lists on which the published results of the micro data stand. Another one needs a new
// kGeneratorVersion.
TEST(GenerateTest, TheListsAreThoseOfThePublishedResults) {
  const struct {
    bool single_actor;
    const char *train, *val_boxes;
  } cases[] = {{false, "25caa144b3f3d84a", "bf23c23056b8cae1"},
               {true, "3c8d3488cb75b4b4", "51e1d01f432c4a8d"}};
  for (const auto& expected : cases) {
    GenerateOptions options;
    options.train_videos = 20;
    options.val_videos = 5;
    options.single_actor = expected.single_actor;
    const std::string root = Root("lists");
    ASSERT_TRUE(generated::WriteLists(micro::GeneratedWorld(options), root).ok());
    EXPECT_EQ(Fingerprint(*ReadFile(root + "/train.csv")).substr(0, 16), expected.train);
    EXPECT_EQ(Fingerprint(*ReadFile(root + "/val_boxes.csv")).substr(0, 16), expected.val_boxes);
  }
}

TEST(GenerateTest, VideosAreLossless) {
  const std::string root = Root("lossless");
  ASSERT_TRUE(Write(Small(), root).ok());
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
  SplitMix64 random(1);
  for (const World& world : Worlds(60)) {
    for (int k = 0; k < 30; ++k) {
      const std::vector<Person>& persons = world.people[micro::FrameOfKeyframe(k)];
      std::vector<generated::PixelBox> boxes_of_persons;
      for (const Person& p : persons) boxes_of_persons.push_back({p.left(), p.top(), p.right(), p.bottom()});
      const std::vector<generated::Detection> detections =
          generated::DetectPeople(boxes_of_persons, {}, random);
      for (const generated::Detection& detection : detections) {
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
        found +=
            std::any_of(detections.begin(), detections.end(), [&](const generated::Detection& detection) {
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
  std::thread other([&] { folders[1] = WriteOnce(Small(), root); });
  folders[0] = WriteOnce(Small(), root);
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
  const auto folder = WriteOnce(Small(), ::testing::TempDir() + "micro_world_test.file");
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr("micro_world_test.file"));
}

TEST(SingleActorTest, OneLabelAClipAndTheWholeFrame) {
  const std::string root = Root("single");
  GenerateOptions options = Small();
  options.single_actor = true;
  ASSERT_TRUE(Write(options, root).ok());
  EXPECT_EQ(ReadLabelMap(root + "/label_map.pbtxt")->size(), 8);
  const auto rows = ReadAvaAnnotations(root + "/train.csv");
  ASSERT_TRUE(rows.ok());
  for (size_t i = 0; i < rows->keyframes().size(); ++i) {
    ASSERT_EQ(rows->rows(i).size(), 1) << rows->keyframes()[i].video << "," << rows->keyframes()[i].timestamp;
    EXPECT_TRUE((rows->rows(i)[0].box == Box{0, 0, 1, 1}));
  }
  EXPECT_GT(rows->num_rows(), 0.8 * 3 * 12);
  EXPECT_EQ(ReadAvaBoxes(root + "/train_boxes.csv")->num_rows(), rows->num_rows());
}

}  // namespace
}  // namespace mrsn::datasets
