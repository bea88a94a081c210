#include "experiments/detect/persons.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using datasets::PersonBox;
using ::testing::HasSubstr;

absl::StatusOr<PersonFile> Read(const std::string& text, const PersonFileOptions& options = {}) {
  const std::string path = ::testing::TempDir() + "/boxes.csv";
  EXPECT_TRUE(WriteFileAtomically(path, text).ok());
  return PersonFile::Read(path, options);
}

std::vector<PersonBox> Find(PersonFinder& finder, double seconds, int64_t frame) {
  const auto found = finder.Find({seconds, frame, {}});
  EXPECT_TRUE(found.ok()) << found.status();
  return *found;
}

constexpr char kRows[] =
    "street,1,0.1,0.2,0.5,0.75,-1,0.9\n"
    "street,1,0.5,0.2,0.75,0.75,-1,0.5\n"
    "street,1.5,0.25,0.25,0.5,0.5,-1,0.8\n"
    "yard,1,0,0,1,1,-1,1\n"
    "street,1,0.1,0.2,0.5,0.75,-1,0.95\n";  // the first row's box again, with another label's score

TEST(PersonFileTest, GivesTheBoxesOfAVideosSeconds) {
  PersonFileOptions options;
  options.min_score = 0.5f;
  const auto file = Read(kRows, options);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto finder = file->For("street");
  ASSERT_TRUE(finder.ok()) << finder.status();
  std::vector<PersonBox> found = Find(**finder, 1, 30);
  ASSERT_EQ(found.size(), 1u);  // 0.5 is not above the threshold
  EXPECT_EQ(found[0].box, (Box{0.1f, 0.2f, 0.5f, 0.75f}));
  EXPECT_FLOAT_EQ(found[0].score, 0.95f);
  found = Find(**finder, 1.5 + 1e-9, 45);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FLOAT_EQ(found[0].score, 0.8f);
  EXPECT_TRUE(Find(**finder, 1.25, 37).empty());
  EXPECT_TRUE((*finder)->Finish().ok());
  EXPECT_EQ(Find(**file->For("yard"), 1, 30).size(), 1u);
  EXPECT_EQ(Find(**file->For("films/yard"), 1, 30).size(), 1u);
  EXPECT_FALSE(file->For("backyard").ok());
}

// UCF101-24: frames from 1, pixels, and a folder before the video's name.
TEST(PersonFileTest, GivesTheBoxesOfFrames) {
  PersonFileOptions options;
  options.keyframes = formats::Timestamps::kFrames;
  options.frame_width = 320;
  options.frame_height = 240;
  const auto file = Read("Surfing/v_Surfing_g01_c01,31,0,0.75,80,60,160,120\n", options);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto finder = file->For("v_Surfing_g01_c01");
  ASSERT_TRUE(finder.ok()) << finder.status();
  const std::vector<PersonBox> found = Find(**finder, 1.2, 30);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].box, (Box{0.25f, 0.25f, 0.5f, 0.5f}));
  EXPECT_TRUE(Find(**finder, 1.2, 31).empty());
}

TEST(PersonFileTest, BoxesOfOtherTimesOrVideosAreErrors) {
  const auto file = Read(kRows);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(std::string(file->For("lawn").status().message()),
              HasSubstr("boxes.csv: has no box of video lawn; it has boxes of 2 videos, first street"));
  const auto finder = file->For("street");
  ASSERT_TRUE(finder.ok());
  EXPECT_TRUE(Find(**finder, 901, 30).empty());
  EXPECT_THAT(std::string((*finder)->Finish().message()),
              HasSubstr("boxes.csv: has boxes of 2 key frames of video street, seconds 1 to 1.5, and none of "
                        "them is a key frame of this run"));
}

TEST(PersonFileTest, OddFilesAreNamed) {
  EXPECT_THAT(std::string(PersonFile::Read("/none.csv", {}).status().message()), HasSubstr("/none.csv"));
  EXPECT_THAT(std::string(Read("street,1,0.1,0.2,0.5\n").status().message()), HasSubstr("boxes.csv:1"));
  EXPECT_THAT(std::string(Read("street,1,10,20,100,200,-1,0.9\n").status().message()),
              HasSubstr("the size of their frames is not known"));
  EXPECT_FALSE(Read("").ok());
}

TEST(RememberingTest, AsksOnceForAFrame) {
  class Counting : public PersonFinder {
   public:
    absl::StatusOr<std::vector<PersonBox>> Find(const KeyframePicture& picture) override {
      ++asked;
      return std::vector<PersonBox>{{{0, 0, 1, 1}, static_cast<float>(picture.frame)}};
    }
    absl::Status Finish() const override { return absl::NotFoundError("nobody"); }
    int asked = 0;
  } counting;
  const auto finder = Remembering(counting);
  for (const int64_t frame : {3, 5, 3, 5}) EXPECT_EQ(Find(*finder, 0, frame).at(0).score, frame);
  EXPECT_EQ(counting.asked, 2);
  EXPECT_EQ(finder->Finish().message(), "nobody");
}

}  // namespace
}  // namespace mrsn::experiments
