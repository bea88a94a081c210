#include "datasets/stream/stream_config.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<StreamConfig> Read(const std::string& text, const std::string& class_list = "") {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return ReadStreamConfig(config, class_list);
}

TEST(StreamConfig, AvaHasEightyClassesOfWhichSixtyCount) {
  const auto read =
      Read("ava {} clip { frames: 8 stride: 8 fast_ratio: 4 } proposals { inference_score: 0.8 }");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rate, 30);
  EXPECT_EQ(read->clip.fast_ratio, 4);
  EXPECT_EQ(read->transform.short_side, 256);
  EXPECT_FLOAT_EQ(read->inference_score, 0.8f);
  ASSERT_EQ(read->classes.size(), 80u);
  int evaluated = 0;
  for (size_t i = 0; i < 80; ++i) {
    EXPECT_EQ(read->classes[i].id, static_cast<int>(i) + 1);
    evaluated += read->classes[i].evaluated;
  }
  EXPECT_EQ(evaluated, 60);
  EXPECT_EQ(read->classes[11].name, "stand");  // AVA's id 12
  EXPECT_FALSE(read->classes[1].evaluated);    // one of the twenty that do not count
}

TEST(StreamConfig, EachDataSetHasItsRateAndClasses) {
  auto read = Read("micro_world {}");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rate, 4);
  EXPECT_EQ(read->transform.short_side, 0);
  ASSERT_EQ(read->classes.size(), 15u);
  EXPECT_EQ(read->classes[0].id, 1);
  EXPECT_EQ(Read("micro_world { single_actor: true }")->classes.size(), 8u);
  EXPECT_EQ(Read("micro_world_2 {}")->classes.size(), 18u);
  EXPECT_EQ(Read("micro_world_2 { attributes: true }")->classes.size(), 21u);
  read = Read("ucf24 {}");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rate, 0);
  ASSERT_EQ(read->classes.size(), 24u);
  EXPECT_EQ(read->classes[0].name, "Basketball");
  EXPECT_EQ(Read("ava { frames_per_second: 25 }")->rate, 25);
}

TEST(StreamConfig, AFileNamesTheClasses) {
  const std::string path = ::testing::TempDir() + "/classes.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "wave\nfall\n").ok());
  auto read = Read("ava {}", path);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->classes.size(), 2u);
  EXPECT_EQ(read->classes[1].name, "fall");
  EXPECT_EQ(read->classes[1].id, 2);
  read = Read("ucf24 { classes: 'actions.txt' }", path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->classes[1].id, 1);
}

TEST(StreamConfig, ErrorsNameTheField) {
  EXPECT_EQ(Read("ucf24 { classes: 'actions.txt' }").status().message(),
            "dataset.ucf24.classes names the file of the classes, actions.txt; give that file");
  EXPECT_THAT(std::string(Read("ava {} clip { frames: 0 }").status().message()),
              HasSubstr("dataset.clip.frames is 0; allowed: 1 to 128"));
  EXPECT_THAT(std::string(Read("clip { frames: 4 }").status().message()), HasSubstr("dataset is not set"));
  EXPECT_THAT(std::string(Read("ava {}", "/none.txt").status().message()), HasSubstr("/none.txt"));
}

}  // namespace
}  // namespace mrsn::datasets
