#include "datasets/flow_command.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

TEST(FlowCommandTest, NamesDataSetRootSplitAndMethod) {
  DatasetConfig config;
  config.mutable_ucf24();
  config.mutable_clip()->set_frames(4);  // says nothing about the videos
  EXPECT_EQ(FlowCommand(config, "trainlist01", FlowMethod::kDis, "/data/ucf24"),
            "./bazelw run //datasets:compute_flow -- --dataset=ucf24 --root=/data/ucf24 --split=trainlist01 "
            "--method=dis");
  EXPECT_THAT(FlowCommand(config, "clips", FlowMethod::kTvl1, "data"),
              HasSubstr(" --root=" + (std::filesystem::current_path() / "data").string() +
                        " --split=clips --method=tvl1"));
  EXPECT_EQ(FlowCommand(config, "clips", FlowMethod::kDis, "").find("--root"), std::string::npos);
}

TEST(FlowCommandTest, QuotesForTheShell) {
  DatasetConfig config;
  config.mutable_ucf24()->set_annotations("it's.csv");
  EXPECT_THAT(FlowCommand(config, "a b", FlowMethod::kDis, "/my data"),
              HasSubstr("--dataset='ucf24 { annotations: \"it\\'\\''s.csv\" }' --root='/my data' "
                        "--split='a b' --method=dis"));
}

TEST(FlowCommandTest, TheFlagIsReadBack) {
  EXPECT_TRUE(ParseDatasetFlag("ucf24")->has_ucf24());
  const auto config = ParseDatasetFlag("micro_world { seed: 7 train_videos: 4 }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->micro_world().seed(), 7);
  for (const std::string bad : {"ucf", "ucf24 { annotation: \"x\" }", "cache_megabytes: 4", "clip"}) {
    const auto status = ParseDatasetFlag(bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--dataset=" + bad + " is no data set ("));
    EXPECT_THAT(std::string(status.message()), HasSubstr("allowed: micro_world, ucf24"));
  }
}

}  // namespace
}  // namespace mrsn::datasets
