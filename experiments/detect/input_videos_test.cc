#include "experiments/detect/input_videos.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Folder(const std::string& name, const std::vector<std::string>& files) {
  const std::string root = ::testing::TempDir() + "/input_videos_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  for (const std::string& file : files) {
    EXPECT_TRUE(WriteFileAtomically(absl::StrCat(root, "/", file), "x").ok());
  }
  return root;
}

std::vector<std::string> Names(const std::string& argument) {
  const auto videos = FindInputVideos(argument);
  EXPECT_TRUE(videos.ok()) << videos.status();
  std::vector<std::string> names;
  for (const InputVideo& video : *videos) names.push_back(video.name);
  return names;
}

TEST(InputVideosTest, AFileAFolderAndAPattern) {
  const std::string root = Folder("all", {"a.mp4", "b.avi", "sub/a.mp4", "notes.txt", "c[1].mp4"});
  EXPECT_THAT(Names(root + "/a.mp4"), ElementsAre("a"));
  EXPECT_THAT(Names(root + "/notes.txt"), ElementsAre("notes"));  // the reader says that it is no video
  EXPECT_THAT(Names(root), ElementsAre("a", "b", "c[1]", "sub/a"));
  EXPECT_THAT(Names(root + "/[ab].*"), ElementsAre("a", "b"));
  EXPECT_THAT(Names(root + "/c[1].mp4"), ElementsAre("c[1]"));  // a file, though it looks like a pattern
  EXPECT_EQ(FindInputVideos(root)->at(3).path, root + "/sub/a.mp4");
}

TEST(InputVideosTest, StreamsHaveNamesThatAreGoodForFiles) {
  EXPECT_THAT(Names("0"), ElementsAre("camera0"));
  EXPECT_THAT(Names("rtsp://user:word@door:554/live/yard 1.sdp?size=small"), ElementsAre("yard_1"));
  EXPECT_THAT(Names("http://door:8080/"), ElementsAre("door_8080"));
  EXPECT_THAT(Names("rtsp://"), ElementsAre("stream"));
  EXPECT_TRUE(FindInputVideos("12")->at(0).live);
  EXPECT_FALSE(FindInputVideos(Folder("dead", {"a.mp4"}))->at(0).live);
}

TEST(InputVideosTest, ErrorsNameWhatIsMissing) {
  const std::string root = Folder("errors", {"a.mp4", "a.avi"}), empty = Folder("empty", {});
  EXPECT_THAT(std::string(FindInputVideos(root + "/none.mp4").status().message()),
              HasSubstr("none.mp4: no such video"));
  EXPECT_THAT(std::string(FindInputVideos(root + "/*.mkv").status().message()),
              HasSubstr("*.mkv: no file fits this pattern"));
  EXPECT_THAT(std::string(FindInputVideos(root + "/a.*").status().message()),
              HasSubstr("a.mp4 would both be written as a"));
  EXPECT_THAT(std::string(FindInputVideos(empty).status().message()), HasSubstr("no video in this folder"));
}

}  // namespace
}  // namespace mrsn::experiments
