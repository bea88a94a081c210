#include "mrsn/baselines/step/proposals.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::baselines {
namespace {

using ::testing::ElementsAre;

TEST(ProposalsTest, GridsCoverTheFrameEvenly) {
  const std::vector<Box> proposals = InitialProposals({{0.75, 1}, {0.5, 3}});
  ASSERT_EQ(proposals.size(), 10);
  EXPECT_EQ(proposals[0], (Box{0.125f, 0.125f, 0.875f, 0.875f}));
  EXPECT_EQ(proposals[1], (Box{0, 0, 0.5f, 0.5f}));
  EXPECT_EQ(proposals[2], (Box{0.25f, 0, 0.75f, 0.5f}));
  EXPECT_EQ(proposals[4], (Box{0, 0.25f, 0.5f, 0.75f}));
  EXPECT_EQ(proposals[9], (Box{0.5f, 0.5f, 1, 1}));
}

// The public code's grids for AVA: scales 4/3 and 2 with overlaps 5/6 and 3/4, that is sides 3/4
// and 1/2 in steps of 1/8.
TEST(ProposalsTest, ThePublicGridsOfAvaHave34) {
  const std::vector<Box> proposals = InitialProposals({{0.75, 3}, {0.5, 5}});
  ASSERT_EQ(proposals.size(), 34);
  EXPECT_EQ(proposals[1], (Box{0.125f, 0, 0.875f, 0.75f}));
  EXPECT_EQ(proposals[10], (Box{0.125f, 0, 0.625f, 0.5f}));
}

TEST(ProposalsTest, RefinesAndCutsToTheFrame) {
  const Box box = {0.5f, 0.5f, 1, 1};
  const float far = 100, log2 = std::log(2.0f), nan = std::nanf("");
  const std::vector<Box> refined = Refine(
      {box, box, box, box, box},
      {{0, 0, 0, 0}, {-0.5f, -0.5f, -log2, -log2}, {0, 0, log2, log2}, {far, 0, 0, 0}, {nan, 0, 0, 0}});
  EXPECT_EQ(refined[0], box);
  EXPECT_NEAR(refined[1].x1, 0.375, 1e-6);
  EXPECT_NEAR(refined[1].y2, 0.625, 1e-6);
  EXPECT_NEAR(refined[2].x1, 0.25, 1e-6);
  EXPECT_EQ(refined[2].x2, 1);
  EXPECT_EQ(refined[3], (Box{0, 0, 1, 1}));
  EXPECT_EQ(refined[4], (Box{0, 0, 1, 1}));
}

TEST(ProposalsTest, JoinsCuboidsInTime) {
  const auto cuboids = [](float x) {
    return std::vector<Box>{{x, 0, 1, 1}, {x, 1, 1, 1}, {x, 2, 1, 1}, {x, 3, 1, 1}};
  };
  std::vector<float> xs, ys;
  for (const Box& box : Join(cuboids(0.1f), cuboids(0.2f), cuboids(0.3f), 2)) {
    xs.push_back(box.x1);
    ys.push_back(box.y1);
  }
  EXPECT_THAT(xs, ElementsAre(0.1f, 0.1f, 0.2f, 0.2f, 0.3f, 0.3f, 0.1f, 0.1f, 0.2f, 0.2f, 0.3f, 0.3f));
  EXPECT_THAT(ys, ElementsAre(0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3));
  EXPECT_EQ(Repeat({{0, 0, 1, 1}, {0, 0, 0.5f, 1}}, 3).size(), 6);
  EXPECT_EQ(Repeat({{0, 0, 1, 1}, {0, 0, 0.5f, 1}}, 3)[3].x2, 0.5f);
}

}  // namespace
}  // namespace mrsn::baselines
