#include "experiments/counts/speed.h"

#include <string>

#include "experiments/config/text_proto.h"
#include "gtest/gtest.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

TEST(SpeedTest, EachModelIsTimedAndWritten) {
  SpeedOptions options;
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  options.rounds = 3;
  options.seconds = 0.01;
  options.clips = 2;
  const auto speeds = MeasureSpeeds({"micro/none", "micro/acre_aare_rse_lrb"}, options);
  ASSERT_TRUE(speeds.ok()) << speeds.status();
  ASSERT_EQ(speeds->size(), 2);
  for (const Speed& speed : *speeds) {
    EXPECT_GT(speed.clips_per_second(), 0);
    EXPECT_EQ(speed.rounds(), 3);
    EXPECT_EQ(speed.setting(), "batches of 2 clips 4x64x64, 3 boxes each, 1 thread");
    const std::string root = ::testing::TempDir() + "/results";
    ASSERT_TRUE(WriteSpeed(root, speed).ok());
    Speed read;
    ASSERT_TRUE(ReadTextProto(root + "/" + speed.experiment() + "/speed.textproto", &read).ok());
    EXPECT_EQ(PrintTextProto(read), PrintTextProto(speed));
  }
  EXPECT_FALSE(MeasureSpeeds({"micro/nothing"}, options).ok());
}

}  // namespace
}  // namespace mrsn::experiments
