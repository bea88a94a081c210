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
  return {2, 24, width, persons, entries, 0};
}

using Shares = std::vector<std::vector<SharedBatch::Clip>>;  // by rank

const ops::RowShare& Of(const SharedBatch::Group& group, ops::RowKind kind, int part = 0) {
  return group.parts[part].share[static_cast<int>(kind)];
}

// The groups that each rank finds.
std::vector<std::vector<SharedBatch::Group>> Found(const Shares& shares, int parts = 1) {
  std::vector<std::vector<SharedBatch::Group>> found(shares.size());
  RunAsRanks(static_cast<int>(shares.size()), [&](ProcessGroup& group) {
    SharedBatch batch(group, kSeed, parts);
    ASSERT_TRUE(batch.Meet(shares[group.rank()], true).ok());
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
    EXPECT_EQ(groups[0].parts[0].persons, 6);
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
  EXPECT_THAT(found[0][0].parts[0].own, ElementsAre(0, 2));
  EXPECT_THAT(found[1][0].parts[0].own, ElementsAre(1, 2));
  EXPECT_THAT(Of(found[0][0], ops::RowKind::kPersons).own, ElementsAre(0, 5));
  EXPECT_THAT(Of(found[1][0], ops::RowKind::kPersons).own, ElementsAre(1, 2, 3, 4, 6));
  EXPECT_THAT(Of(found[0][1], ops::RowKind::kPersons).own, ElementsAre(1, 2));
  EXPECT_THAT(Of(found[1][1], ops::RowKind::kPersons).own, ElementsAre(0));
}

// The same clips as two ranks and as two parts of one process.
TEST(SharedBatchTest, PartsAreDealtAsRanks) {
  const auto ranks = Found({{Clip(1), Clip(2, 48), Clip(1)}, {Clip(1, 48), Clip(4), Clip(1)}});
  const auto parts =
      Found({{Clip(1), Clip(1, 48), Clip(2, 48), Clip(4), Clip(1), Clip(1)}}, /*parts=*/2).front();
  ASSERT_EQ(parts.size(), 2);
  EXPECT_THAT(parts[0].parts[0].own, ElementsAre(0, 4));
  EXPECT_THAT(parts[0].parts[1].own, ElementsAre(3, 5));
  EXPECT_THAT(parts[1].parts[0].own, ElementsAre(2));
  EXPECT_THAT(parts[1].parts[1].own, ElementsAre(1));
  EXPECT_EQ(parts[0].parts[1].persons, 5) << "of the parts of this number";
  for (const size_t g : {0, 1}) {
    for (const int part : {0, 1}) {
      for (const ops::RowKind kind : {ops::RowKind::kClips, ops::RowKind::kPersons}) {
        EXPECT_EQ(Of(parts[g], kind, part).own, Of(ranks[part][g], kind).own);
        EXPECT_EQ(Of(parts[g], kind, part).all, Of(ranks[part][g], kind).all);
      }
    }
  }
}

// Norms of all ranks see the same clips in each part, whatever the number of ranks.
TEST(SharedBatchTest, RunsHoldTheSameClipsForAnyNumberOfRanks) {
  const auto persons_of = [](const Shares& shares) {
    std::vector<int64_t> persons;
    RunAsRanks(static_cast<int>(shares.size()), [&](ProcessGroup& group) {
      SharedBatch batch(group, kSeed, /*parts=*/2, SharedBatch::Deal::kRuns);
      ASSERT_TRUE(batch.Meet(shares[group.rank()], true).ok());
      if (!group.first()) return;
      for (const SharedBatch::Part& part : batch.groups()[0].parts) persons.push_back(part.persons);
    });
    return persons;
  };
  EXPECT_THAT(persons_of({{Clip(1), Clip(2), Clip(4), Clip(8)}}), ElementsAre(3, 12));
  EXPECT_THAT(persons_of({{Clip(1), Clip(4)}, {Clip(2), Clip(8)}}), ElementsAre(3, 12));
  EXPECT_THAT(persons_of({{Clip(1), Clip(2), Clip(4)}}), ElementsAre(1, 6));
}

// What three forward passes of one process drop, over one, one and `last` persons.
std::vector<at::Tensor> DroppedAtOnce(int64_t last) {
  at::manual_seed(kSeed);
  std::vector<at::Tensor> dropped;
  for (const int64_t persons : {int64_t{1}, int64_t{1}, last}) {
    dropped.push_back(at::dropout(at::ones({persons, 64}), 0.5, true));
  }
  return dropped;
}

// Of three groups rank 0 has no person in the first and rank 1 none in the second.
TEST(SharedBatchTest, ARankThatComputesNothingKeepsUp) {
  const std::vector<at::Tensor> expected = DroppedAtOnce(2);
  RunAsRanks(2, [&](ProcessGroup& group) {
    const int rank = group.rank();
    SharedBatch batch(group, kSeed);
    std::vector<SharedBatch::Clip> clips = {Clip(rank), Clip(1 - rank, 48), Clip(1, 64)};
    ASSERT_TRUE(batch.Meet(clips, true).ok());
    for (size_t g = 0; g < 3; ++g) {
      ASSERT_TRUE(batch.BeginGroup(g).ok());
      std::optional<ops::BatchShareScope> scope;
      batch.BeginPart(0, &scope);
      if (clips[g].persons == 0) continue;
      const at::Tensor found = ops::PersonDropout(at::ones({1, 64}), 0.5, true);
      EXPECT_TRUE(at::equal(found, g < 2 ? expected[g] : expected[2].slice(0, rank, rank + 1)));
    }
  });
}

// Each part draws the numbers of the whole group; the last part of a group may be without persons.
TEST(SharedBatchTest, PartsDrawTheNumbersOfTheWholeBatch) {
  const std::vector<at::Tensor> expected = DroppedAtOnce(3);
  SharedBatch batch(OneProcess(), kSeed, /*parts=*/2);
  ASSERT_TRUE(batch.Meet({Clip(1), Clip(0), Clip(0, 48), Clip(1, 48), Clip(2, 64), Clip(1, 64)}, true).ok());
  const std::vector<std::vector<int64_t>> persons = {{1, 0}, {0, 1}, {2, 1}};
  for (size_t g = 0; g < 3; ++g) {
    ASSERT_TRUE(batch.BeginGroup(g).ok());
    int64_t first = 0;
    for (int part = 0; part < 2; ++part) {
      std::optional<ops::BatchShareScope> scope;
      batch.BeginPart(part, &scope);
      const int64_t count = persons[g][part];
      if (count == 0) continue;
      const at::Tensor found = ops::PersonDropout(at::ones({count, 64}), 0.5, true);
      EXPECT_TRUE(at::equal(found, expected[g].slice(0, first, first + count))) << g << ", part " << part;
      first += count;
    }
  }
}

TEST(SharedBatchTest, WithoutAClipOnlyNumbersAreKnown) {
  RunAsRanks(2, [&](ProcessGroup& group) {
    SharedBatch batch(group, kSeed);
    ASSERT_TRUE(batch
                    .Meet(group.first() ? std::vector{Clip(0), Clip(2)} : std::vector{Clip(1)},
                          /*whole=*/group.first())
                    .ok());
    ASSERT_TRUE(batch.BeginGroup(0).ok());
    std::optional<ops::BatchShareScope> scope;
    batch.BeginPart(0, &scope);
    EXPECT_EQ(ops::CountInBatch(ops::RowKind::kPersons, 2), 3);
    const at::Tensor zeros = (ops::PersonDropout(at::ones({2, 64}), 0.5, true) == 0).sum(1);
    EXPECT_TRUE(((zeros > 0) & (zeros < 64)).all().item<bool>()) << "drawn by each rank for itself";
  });
}

}  // namespace
}  // namespace mrsn::experiments
