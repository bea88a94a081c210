#include "datasets/proposals.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<Actor> kTruth = {{{0, 0, 0.4f, 1}, 1, {2, 5}}, {{0.5f, 0, 0.9f, 1}, 1, {1}}};

TEST(ProposalsTest, TrainingTakesGroundTruthAndOverlappingProposals) {
  const std::vector<Actor> proposals = {
      {{0, 0, 0.32f, 1}, 0.5f, {}},       // IoU 0.32 / 0.4 = 0.8 with the first
      {{0, 0, 0.28f, 1}, 0.9f, {}},       // 0.7: too little
      {{0.5f, 0, 0.9f, 0.9f}, 0.3f, {}},  // 0.9 with the second, however low its score
      {{0.45f, 0, 0.46f, 1}, 1.0f, {}},   // nobody
  };
  const std::vector<Actor> actors = TrainingActors(kTruth, proposals, 0.75f);
  ASSERT_EQ(actors.size(), 4);
  EXPECT_THAT(actors[0].labels, ElementsAre(2, 5));
  EXPECT_EQ(actors[0].score, 1);
  EXPECT_TRUE(actors[2].box == proposals[0].box);
  EXPECT_FLOAT_EQ(actors[2].score, 0.5f);
  EXPECT_THAT(actors[2].labels, ElementsAre(2, 5));
  EXPECT_THAT(actors[3].labels, ElementsAre(1));
}

TEST(ProposalsTest, IouMustExceedTheThreshold) {
  const std::vector<Actor> truth = {{{0, 0, 1, 1}, 1, {0}}};
  const std::vector<Actor> exact = {{{0, 0, 0.75f, 1}, 1, {}}};  // IoU 0.75 to the last bit
  EXPECT_EQ(TrainingActors(truth, exact, 0.75f).size(), 1);
  EXPECT_EQ(TrainingActors(truth, exact, 0.74f).size(), 2);
  EXPECT_EQ(TrainingActors(truth, truth, 1).size(), 1);  // 1 = ground truth only
}

TEST(ProposalsTest, AnIdenticalBoxIsNotTakenTwice) {
  EXPECT_EQ(TrainingActors(kTruth, kTruth, 0.75f).size(), 2);
}

TEST(ProposalsTest, TheBestOverlapGivesTheLabels) {
  const std::vector<Actor> truth = {{{0, 0, 0.8f, 1}, 1, {0}}, {{0, 0, 0.9f, 1}, 1, {1}}};
  const std::vector<Actor> actors = TrainingActors(truth, {{{0, 0, 0.88f, 1}, 1, {}}}, 0.75f);
  ASSERT_EQ(actors.size(), 3);
  EXPECT_THAT(actors[2].labels, ElementsAre(1));
}

TEST(ProposalsTest, InferenceTakesConfidentBoxesWithoutLabels) {
  std::vector<Actor> proposals = kTruth;
  proposals[0].score = 0.85f;
  proposals[1].score = 0.86f;
  const std::vector<Actor> actors = InferenceActors(proposals, 0.85f);
  ASSERT_EQ(actors.size(), 1);
  EXPECT_TRUE(actors[0].box == kTruth[1].box);
  EXPECT_THAT(actors[0].labels, IsEmpty());
}

TEST(ProposalsTest, RowsOfOneBoxAreOnePerson) {
  const Box left = {0, 0, 0.4f, 1}, right = {0.5f, 0, 0.9f, 1};
  const std::vector<BoxRow> rows = {{left, 0.3f}, {right, 0.9f}, {left, 0.8f}, {left, 0.1f}};
  const std::vector<Actor> actors = DetectedActors(rows);
  ASSERT_EQ(actors.size(), 2);
  EXPECT_TRUE(actors[0].box == left);
  EXPECT_FLOAT_EQ(actors[0].score, 0.8f);
  EXPECT_TRUE(actors[1].box == right);
  // The same with more boxes than are compared one by one.
  std::vector<BoxRow> many;
  for (int i = 0; i < 300; ++i) many.push_back({{0, 0, 0.001f * (1 + i % 100), 1}, 0.001f * i});
  const std::vector<Actor> distinct = DetectedActors(many);
  ASSERT_EQ(distinct.size(), 100);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FLOAT_EQ(distinct[i].box.x2, 0.001f * (1 + i));
    EXPECT_FLOAT_EQ(distinct[i].score, 0.001f * (200 + i));
  }
}

TEST(ProposalsTest, AThresholdThatKeepsNobodyIsAnError) {
  ProposalCounts counts;
  EXPECT_THAT(std::string(counts.Check("b.csv", 0.85f).message()), ::testing::HasSubstr("b.csv: has no box"));
  counts.Add({{{}, 0.3f, {}}, {{}, 0.6f, {}}}, {});
  counts.Add({{{}, 0.2f, {}}}, {});
  EXPECT_THAT(std::string(counts.Check("b.csv", 0.85f).message()),
              ::testing::HasSubstr("b.csv: 0 of 3 boxes have a score above "
                                   "dataset.proposals.inference_score, 0.85; the highest score is 0.6"));
  counts.Add({{{}, 0.9f, {}}}, {{{}, 0.9f, {}}});
  EXPECT_TRUE(counts.Check("b.csv", 0.85f).ok());
  EXPECT_EQ(counts.Note("b.csv", 0.85f),
            "1 of 4 boxes of b.csv have a score above proposals.inference_score, 0.85");
}

TEST(ProposalsTest, NothingInNothingOut) {
  EXPECT_THAT(TrainingActors({}, kTruth, 0.5f), IsEmpty());
  EXPECT_THAT(InferenceActors({}, 0.5f), IsEmpty());
}

}  // namespace
}  // namespace mrsn::datasets
