#include "experiments/engine/size_groups.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mrsn::experiments {
namespace {

using datasets::Sample;

// A clip whose video is named by its size.
Sample Clip(int width, int height, int second) {
  Sample sample;
  sample.keyframe = {std::to_string(width) + "_" + std::to_string(height), second};
  sample.slow.width = width;
  sample.slow.height = height;
  return sample;
}

std::vector<std::vector<int>> Seconds(const std::vector<std::vector<Sample>>& groups) {
  std::vector<std::vector<int>> seconds;
  for (const std::vector<Sample>& group : groups) {
    seconds.emplace_back();
    for (const Sample& sample : group) seconds.back().push_back(sample.keyframe.timestamp.Floor());
  }
  return seconds;
}

TEST(SizeGroups, RunsKeepTheOrderAndGroupsJoinEqualSizes) {
  const std::vector<Sample> clips = {Clip(40, 30, 1), Clip(40, 30, 2), Clip(40, 31, 3), Clip(40, 30, 4)};
  using Groups = std::vector<std::vector<int>>;
  EXPECT_EQ(Seconds(RunsOfOneSize(clips)), (Groups{{1, 2}, {3}, {4}}));
  EXPECT_EQ(Seconds(GroupsOfOneSize(clips)), (Groups{{1, 2, 4}, {3}}));
  EXPECT_TRUE(GroupsOfOneSize({}).empty());
}

TEST(SizeGroups, TwoSizesAreNamed) {
  EXPECT_TRUE(CheckOneSize({}).ok());
  EXPECT_TRUE(CheckOneSize({Clip(40, 30, 1), Clip(40, 30, 2)}).ok());
  EXPECT_EQ(
      CheckOneSize({Clip(40, 30, 1), Clip(40, 30, 2), Clip(41, 30, 3)}).message(),
      "train.batch_norm is TRAINED, but clips of a batch have different sizes: 40_30 second 1 is 40x30, "
      "41_30 second 3 is 41x30. Each size would be normalised with its own statistics, which inference does "
      "not know. Allowed: FROZEN or FROZEN_STATISTICS, videos of one size, or a transform.augmentation that "
      "crops");
}

}  // namespace
}  // namespace mrsn::experiments
