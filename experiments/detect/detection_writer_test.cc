#include "experiments/detect/detection_writer.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/formats/ava_csv.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/detection_writer_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

std::vector<datasets::ActionClass> Classes() {
  return {{1, "stand", "pose"}, {2, "class 2", "", false}, {7, "talk to \"x\"", ""}};
}

DetectedVideo Video() {
  DetectedVideo video;
  video.name = "street";
  video.path = "films/street.mp4";
  video.width = 320;
  video.height = 240;
  video.frames_per_second = 30000.0 / 1001;
  return video;
}

std::unique_ptr<DetectionWriter> Writer(const std::string& stem, const DetectedVideo& video = Video()) {
  auto writer = DetectionWriter::Open(stem, {"micro/acre", "abc", "random:3", "def", false, "HOG", "0123"},
                                      video, 900, Classes());
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

DetectedKeyframe Keyframe() {
  return {1.5, 45, {{{0.25f, 0.5f, 0.75f, 1}, 0.875f, 4, {0.125f, 0.9f, 0.6f}}}};
}

TEST(DetectionWriterTest, WritesRowsOfEvaluatedClasses) {
  const std::string stem = Folder("csv") + "/street";
  auto writer = Writer(stem);
  ASSERT_TRUE(writer->Add({0, 0, {}}).ok());
  ASSERT_TRUE(writer->Add(Keyframe()).ok());
  DetectedKeyframe whole = Keyframe();
  whole.seconds = 2;
  ASSERT_TRUE(writer->Add(whole).ok());
  ASSERT_TRUE(writer->Finish(100).ok());
  // The score is the float's exact value, as in the files of evaluations.
  EXPECT_EQ(*ReadFile(stem + ".csv"),
            "street,0901.5,0.25,0.5,0.75,1,1,0.125\n"
            "street,0901.5,0.25,0.5,0.75,1,7,0.6000000238418579\n"
            "street,0902,0.25,0.5,0.75,1,1,0.125\n"
            "street,0902,0.25,0.5,0.75,1,7,0.6000000238418579\n");
}

TEST(DetectionWriterTest, JsonSaysTheSame) {
  const std::string stem = Folder("json") + "/street";
  auto writer = Writer(stem);
  ASSERT_TRUE(writer->Add({0, 0, {}}).ok());
  ASSERT_TRUE(writer->Add(Keyframe()).ok());
  ASSERT_TRUE(writer->Finish(100).ok());
  const auto json = nlohmann::json::parse(*ReadFile(stem + ".json"));
  EXPECT_EQ(json["video"], "street");
  EXPECT_EQ(json["width"], 320);
  EXPECT_EQ(json["frames"], 100);
  EXPECT_EQ(json["frames_per_second"], 29.97003);
  EXPECT_EQ(json["trained"], false);
  EXPECT_EQ(json["checkpoint"], "random:3");
  EXPECT_EQ(json["persons"], "HOG");
  ASSERT_EQ(json["classes"].size(), 2u);
  EXPECT_EQ(json["classes"][1]["name"], "talk to \"x\"");
  ASSERT_EQ(json["keyframes"].size(), 2u);
  EXPECT_EQ(json["keyframes"][0]["second"], 900);
  EXPECT_EQ(json["keyframes"][0]["persons"].size(), 0u);
  const auto& keyframe = json["keyframes"][1];
  EXPECT_EQ(keyframe["second"], 901.5);
  EXPECT_EQ(keyframe["frame"], 45);
  const auto& person = keyframe["persons"][0];
  EXPECT_EQ(person["track"], 4);
  EXPECT_EQ(person["person_score"], 0.875);
  EXPECT_THAT(person["box"].get<std::vector<double>>(), ElementsAre(0.25, 0.5, 0.75, 1));
  EXPECT_THAT(person["pixels"].get<std::vector<double>>(), ElementsAre(80, 120, 240, 240));
  ASSERT_EQ(person["actions"].size(), 2u);
  EXPECT_EQ(person["actions"][0]["id"], 7);
  EXPECT_EQ(person["actions"][0]["score"], 0.6);
  EXPECT_EQ(person["actions"][1]["name"], "stand");
}

TEST(DetectionWriterTest, RelationsStandBesideTheActions) {
  const std::string stem = Folder("relations") + "/street";
  DetectedKeyframe keyframe = Keyframe();
  keyframe.persons.push_back(keyframe.persons[0]);
  keyframe.persons[1].track = 9;
  keyframe.persons[0].relations = {{0.25f, 0, 0.5f, 0.125f}, {0.75f, 0.25f}, {0.5f, 0, 0.5f}, -1};
  auto writer = Writer(stem);
  ASSERT_TRUE(writer->Add(keyframe).ok());
  ASSERT_TRUE(writer->Finish(100).ok());
  const auto persons = nlohmann::json::parse(*ReadFile(stem + ".json"))["keyframes"][0]["persons"];
  const auto& relations = persons[0]["relations"];
  EXPECT_THAT(relations["context"].get<std::vector<double>>(), ElementsAre(0.25, 0, 0.5, 0.125));
  EXPECT_EQ(relations["persons"][1]["track"], 9);
  EXPECT_EQ(relations["persons"][1]["weight"], 0.25);
  EXPECT_EQ(relations["seconds"][0]["offset"], -1);
  EXPECT_EQ(relations["seconds"][2]["weight"], 0.5);
  EXPECT_FALSE(persons[1].contains("relations"));
}

TEST(DetectionWriterTest, AVideoWithoutPersonsIsAnEmptyList) {
  const std::string stem = Folder("empty") + "/street";
  DetectedVideo video = Video();
  video.path =
      "films/stra\xDF"
      "e.mp4";  // Latin-1, no UTF-8
  auto writer = Writer(stem, video);
  ASSERT_TRUE(writer->Finish(0).ok());
  EXPECT_EQ(*ReadFile(stem + ".csv"), "");
  EXPECT_EQ(nlohmann::json::parse(*ReadFile(stem + ".json"))["keyframes"].size(), 0u);
}

TEST(DetectionWriterTest, WithoutFinishNothingChanges) {
  const std::string folder = Folder("half"), stem = folder + "/street";
  ASSERT_TRUE(WriteFileAtomically(stem + ".csv", "old").ok());
  {
    auto writer = Writer(stem);
    ASSERT_TRUE(writer->Add(Keyframe()).ok());
  }
  EXPECT_EQ(*ReadFile(stem + ".csv"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(DetectionWriterTest, AFolderThatIsNotThereIsNamed) {
  const auto writer = DetectionWriter::Open(Folder("none") + "/no/street", {}, Video(), 0, Classes());
  EXPECT_THAT(std::string(writer.status().message()), HasSubstr("/no/street.csv: cannot write"));
}

TEST(ByScoreTest, EqualScoresKeepTheOrderOfClasses) {
  EXPECT_THAT(ByScore({0.5f, 1, 0.5f}, Classes()), ElementsAre(0, 2));
  EXPECT_THAT(ByScore({}, {}), IsEmpty());
}

}  // namespace
}  // namespace mrsn::experiments
