#include "ops/dropout/shared_dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

constexpr uint64_t kSeed = 17;
constexpr double kP = 0.4;

using Places = std::vector<int64_t>;

at::Generator Generator() { return at::detail::createCPUGenerator(kSeed); }

BatchShare Share(RowKind kind, Places own, int64_t all) {
  BatchShare share;
  share[static_cast<int>(kind)] = {std::move(own), all};
  return share;
}

at::Tensor Rows(const at::Tensor& x, const Places& places) {
  return x.index_select(0, at::tensor(places, at::kLong));
}

// One process draws the masks of two layers; two processes compute persons 0, 2, 3 and 1, 4.
TEST(SharedDropoutTest, MasksAreThoseOfOneProcess) {
  const at::Tensor x = at::rand({5, 7}) + 0.5, wide = at::rand({5, 3, 4, 4}) + 0.5;
  at::manual_seed(kSeed);
  const at::Tensor first = at::dropout(x, kP, true), second = at::dropout(wide, kP, true);
  EXPECT_GT((first == 0).sum().item<int64_t>(), 0);
  for (const Places& own : {Places{0, 2, 3}, {1, 4}}) {
    at::manual_seed(kSeed + 1);  // what this process draws otherwise
    const BatchShareScope scope(Share(RowKind::kPersons, own, 5), Generator());
    EXPECT_TRUE(at::equal(PersonDropout(Rows(x, own), kP, true), Rows(first, own)));
    EXPECT_TRUE(at::equal(PersonDropout(Rows(wide, own), kP, true), Rows(second, own)));
  }
}

// Two clips with 2 and 1 entries, 1 and 2 persons, and three rows for each clip.
TEST(SharedDropoutTest, BlocksOfSeveralKinds) {
  const at::Tensor x = at::rand({12, 50}) + 0.5, proposals = at::rand({8, 50}) + 0.5;
  at::manual_seed(kSeed);
  const at::Tensor whole = at::dropout(x, kP, true), four_for_each = at::dropout(proposals, kP, true);
  const std::vector<RowBlock> blocks = {{RowKind::kEntries}, {RowKind::kPersons}, {RowKind::kClips, 3}};
  for (const bool first : {true, false}) {
    BatchShare share;
    share[static_cast<int>(RowKind::kEntries)] = {first ? Places{0, 1} : Places{2}, 3};
    share[static_cast<int>(RowKind::kPersons)] = {first ? Places{0} : Places{1, 2}, 3};
    share[static_cast<int>(RowKind::kClips)] = {first ? Places{0} : Places{1}, 2};
    const BatchShareScope scope(share, Generator());
    const Places own = first ? Places{0, 1, 3, 6, 7, 8} : Places{2, 4, 5, 9, 10, 11};
    const Places mine = first ? Places{0, 1, 2, 3} : Places{4, 5, 6, 7};
    EXPECT_TRUE(at::equal(SharedDropout(Rows(x, own), kP, true, blocks), Rows(whole, own)));
    EXPECT_TRUE(at::equal(SharedDropout(Rows(proposals, mine), kP, true, {{RowKind::kClips, 0}}),
                          Rows(four_for_each, mine)));
  }
}

TEST(SharedDropoutTest, NumbersOfRows) {
  at::manual_seed(kSeed);
  const at::Tensor whole = at::rand({6}), next = at::rand({6});
  const BatchShareScope scope(Share(RowKind::kEntries, {1, 4}, 6), Generator());
  EXPECT_TRUE(at::equal(SharedRandom(2, RowKind::kEntries, at::kFloat), Rows(whole, {1, 4})));
  EXPECT_TRUE(at::equal(SharedRandom(2, RowKind::kEntries, at::kFloat), Rows(next, {1, 4})));
}

// The mask after that of the entries is that of one process, though this process sees one entry in place of
// none.
TEST(SharedDropoutTest, AProcessWithoutEntries) {
  at::manual_seed(kSeed);
  at::dropout(at::ones({3, 8}), kP, true);
  const at::Tensor persons = at::dropout(at::ones({2, 8}), kP, true);
  BatchShare share = Share(RowKind::kEntries, {}, 3);
  share[static_cast<int>(RowKind::kPersons)] = {{1}, 2};
  EXPECT_FALSE(OnlyOthersHave(RowKind::kEntries, 0)) << "nobody shares a batch";
  const BatchShareScope scope(share, Generator());
  EXPECT_TRUE(OnlyOthersHave(RowKind::kEntries, 0));
  EXPECT_FALSE(OnlyOthersHave(RowKind::kEntries, 1));
  EXPECT_FALSE(OnlyOthersHave(RowKind::kObjects, 0)) << "no process has any";
  EXPECT_EQ(CountInBatch(RowKind::kPersons, 1), 2);
  EXPECT_EQ(SharedDropout(at::ones({1, 8}), kP, true, {{RowKind::kEntries}}).size(0), 1);
  EXPECT_TRUE(at::equal(PersonDropout(at::ones({1, 8}), kP, true), persons.slice(0, 1)));
}

TEST(SharedDropoutTest, GradientsPassTheSameMask) {
  const at::Tensor x = at::ones({2, 50}).requires_grad_();
  const BatchShareScope scope(Share(RowKind::kPersons, {1, 2}, 3), Generator());
  const at::Tensor y = PersonDropout(x, kP, true);
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), y.detach()));
  EXPECT_TRUE(at::allclose(y.max(), at::tensor(1 / (1 - kP), at::kFloat)));
}

TEST(SharedDropoutTest, WithoutAScopeItIsDropout) {
  const at::Tensor x = at::rand({5, 7});
  const auto plain = [&](const at::Tensor& values, double p, bool training) {
    at::manual_seed(kSeed);
    const at::Tensor expected = at::dropout(values, p, training);
    at::manual_seed(kSeed);
    return at::equal(PersonDropout(values, p, training), expected);
  };
  EXPECT_TRUE(plain(x, kP, true));
  {
    const BatchShareScope scope(Share(RowKind::kPersons, {1, 3}, 4), Generator());
    EXPECT_TRUE(plain(x, kP, true)) << "rows of something else";
    EXPECT_TRUE(plain(x.narrow(0, 0, 2), kP, false)) << "inference";
    EXPECT_TRUE(plain(x.narrow(0, 0, 2), 0, true));
    EXPECT_FALSE(plain(x.narrow(0, 0, 2), kP, true));
  }
  {
    const BatchShareScope only_numbers(Share(RowKind::kPersons, {}, 4), {});
    EXPECT_TRUE(plain(x.narrow(0, 0, 2), kP, true));
    EXPECT_EQ(CountInBatch(RowKind::kPersons, 2), 4);
  }
  EXPECT_TRUE(plain(x.narrow(0, 0, 2), kP, true)) << "the scope has ended";
  EXPECT_EQ(CountInBatch(RowKind::kPersons, 2), 2);
}

}  // namespace
}  // namespace mrsn::ops
