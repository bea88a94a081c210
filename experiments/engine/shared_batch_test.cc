#include "experiments/engine/shared_batch.h"

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kSeed = 5;

SharedBatch::Clip Clip(int64_t persons, int64_t width = 32, int64_t entries = 0) {
  return {24, width, persons, entries, 0};
}

using Shares = std::vector<std::vector<SharedBatch::Clip>>;  // by rank

const ops::RowShare& Of(const SharedBatch::Group& group, ops::RowKind kind) {
  return group.share[static_cast<int>(kind)];
}

// The groups that each rank finds.
std::vector<std::vector<SharedBatch::Group>> Found(const Shares& shares) {
  std::vector<std::vector<SharedBatch::Group>> found(shares.size());
  RunAsRanks(static_cast<int>(shares.size()), [&](ProcessGroup& group) {
    SharedBatch batch(group, kSeed, true);
    ASSERT_TRUE(batch.Meet(shares[group.rank()]).ok());
    found[group.rank()] = batch.groups();
  });
  return found;
}

// The batch has clips with 2, 1, 0, 3 persons: places 0 1, 2, none, 3 4 5.
TEST(SharedBatchTest, PlacesInTheBatch) {
  const auto found = Found({{Clip(2, 32, 1), Clip(0)}, {Clip(1, 32, 4), Clip(3, 32, 2)}});
  ASSERT_EQ(found[0].size(), 1);
  EXPECT_THAT(Of(found[0][0], ops::RowKind::kPersons).own, ElementsAre(0, 1));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kPersons).own, ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(Of(found[0][0], ops::RowKind::kEntries).own, ElementsAre(0));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kEntries).own, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kClips).own, ElementsAre(1, 3));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kObjects).own, IsEmpty());
  for (const auto& groups : found) {
    EXPECT_EQ(Of(groups[0], ops::RowKind::kPersons).all, 6);
    EXPECT_EQ(Of(groups[0], ops::RowKind::kEntries).all, 7);
    EXPECT_EQ(Of(groups[0], ops::RowKind::kClips).all, 4);
  }
}

// Widths 32, 48, 48, 32, 32, 32 of the batch's clips in order: rank 1 meets width 48 first.
TEST(SharedBatchTest, GroupsAreThoseOfOneProcess) {
  const auto found = Found({{Clip(1), Clip(2, 48), Clip(1)}, {Clip(1, 48), Clip(4), Clip(1)}});
  for (const auto& groups : found) {
    ASSERT_EQ(groups.size(), 2);
    EXPECT_EQ(groups[0].width, 32);
    EXPECT_EQ(groups[1].width, 48);
  }
  EXPECT_THAT(found[0][0].own, ElementsAre(0, 2));
  EXPECT_THAT(found[1][0].own, ElementsAre(1, 2));
  EXPECT_THAT(Of(found[0][0], ops::RowKind::kPersons).own, ElementsAre(0, 5));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kPersons).own, ElementsAre(1, 2, 3, 4, 6));
  EXPECT_THAT(Of(found[0][1], ops::RowKind::kPersons).own, ElementsAre(1, 2));
  EXPECT_THAT(Of(found[1][1], ops::RowKind::kPersons).own, ElementsAre(0));
}

// Three forward passes, of which rank 0 has no person in the first and rank 1 none in the second.
TEST(SharedBatchTest, ARankThatComputesNothingKeepsUp) {
  at::manual_seed(kSeed);
  const at::Tensor first = at::dropout(at::ones({1, 64}), 0.5, true),
                   second = at::dropout(at::ones({1, 64}), 0.5, true),
                   third = at::dropout(at::ones({2, 64}), 0.5, true);
  RunAsRanks(2, [&](ProcessGroup& group) {
    const int rank = group.rank();
    SharedBatch batch(group, kSeed, true);
    ASSERT_TRUE(
        batch.Meet(rank == 0 ? std::vector{Clip(0), Clip(1, 48)} : std::vector{Clip(1), Clip(0, 48)}).ok());
    for (size_t g = 0; g < 2; ++g) {
      std::optional<ops::BatchShareScope> scope;
      ASSERT_TRUE(batch.Begin(g, &scope).ok());
      if (static_cast<int>(g) == rank) continue;
      EXPECT_TRUE(at::equal(ops::PersonDropout(at::ones({1, 64}), 0.5, true), g == 0 ? first : second));
    }
    ASSERT_TRUE(batch.Meet({Clip(1)}).ok());
    std::optional<ops::BatchShareScope> scope;
    ASSERT_TRUE(batch.Begin(0, &scope).ok());
    EXPECT_TRUE(at::equal(ops::PersonDropout(at::ones({1, 64}), 0.5, true), third.slice(0, rank, rank + 1)));
  });
}

TEST(SharedBatchTest, WithoutAClipOnlyNumbersAreKnown) {
  RunAsRanks(2, [&](ProcessGroup& group) {
    SharedBatch batch(group, kSeed, /*whole=*/group.rank() == 0);
    ASSERT_TRUE(batch.Meet(group.rank() == 0 ? std::vector{Clip(0), Clip(2)} : std::vector{Clip(1)}).ok());
    std::optional<ops::BatchShareScope> scope;
    ASSERT_TRUE(batch.Begin(0, &scope).ok());
    EXPECT_EQ(ops::CountInBatch(ops::RowKind::kPersons, 2), 3);
    const at::Tensor zeros = (ops::PersonDropout(at::ones({2, 64}), 0.5, true) == 0).sum(1);
    EXPECT_TRUE(((zeros > 0) & (zeros < 64)).all().item<bool>()) << "drawn by each rank for itself";
  });
}

}  // namespace
}  // namespace mrsn::experiments
