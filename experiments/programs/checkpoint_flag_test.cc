#include "experiments/programs/checkpoint_flag.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

TEST(CheckpointFlagTest, RandomStaysAndFilesAreThoseTheUserSees) {
  ::setenv("BUILD_WORKING_DIRECTORY", "/home/me", 1);
  EXPECT_EQ(CheckpointFlag("random:3"), "random:3");
  EXPECT_EQ(CheckpointFlag("w.safetensors"), "/home/me/w.safetensors");
  EXPECT_EQ(CheckpointFlag("/data/w.pyth"), "/data/w.pyth");
  EXPECT_EQ(CheckpointFlag(""), "");
}

TEST(CheckpointFlagTest, RandomIsAPrefix) {
  EXPECT_TRUE(IsRandom("random:x"));
  EXPECT_FALSE(IsRandom("weights/random:3"));
  EXPECT_FALSE(IsRandom(""));
}

}  // namespace
}  // namespace mrsn::experiments
