// Ranks that share a batch normalise it as one process with the whole batch does.
#include "ops/norm_relu/synced_norms.h"

#include <ATen/ATen.h>

#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"
#include "ops/norm_relu/norm_relu.h"

namespace mrsn::ops {
namespace {

constexpr int64_t kChannels = 5;

struct Norm {
  explicit Norm(at::ScalarType type) {
    static std::mutex generator;  // is that of all threads
    const std::lock_guard<std::mutex> lock(generator);
    at::manual_seed(3);
    gamma = (at::randn({kChannels}) + 1).to(type).requires_grad_();
    beta = at::randn({kChannels}).to(type).requires_grad_();
    mean = at::randn({kChannels}).to(type);
    variance = (at::rand({kChannels}) + 0.5).to(type);
  }
  at::Tensor gamma, beta, mean, variance;
};

struct Batch {
  at::Tensor x, residual, upper;  // of clips [B,C,T,H,W]
};

struct Found {
  at::Tensor y, grad_x, grad_residual, grad_gamma, grad_beta, mean, variance;
};

Found RunNorm(const Batch& batch, at::ScalarType type, const NormReluOptions& options) {
  Norm norm(type);
  const at::Tensor x = batch.x.clone().requires_grad_();
  at::Tensor residual;
  if (batch.residual.defined()) residual = batch.residual.clone().requires_grad_();
  const at::Tensor y = BatchNormRelu(x, norm.gamma, norm.beta, norm.mean, norm.variance, residual, options);
  // The sums over the ranks belong to the graph, not to a scope around it.
  y.backward(batch.upper);
  return {y.detach(),        x.grad(),         residual.defined() ? residual.grad() : at::Tensor(),
          norm.gamma.grad(), norm.beta.grad(), norm.mean,
          norm.variance};
}

struct Case {
  at::ScalarType type;
  at::MemoryFormat format;
  bool relu, residual;
  double tolerance;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const bool relu : {true, false}) {
    for (const bool residual : {true, false}) {
      cases.push_back({at::kDouble, at::MemoryFormat::Contiguous, relu, residual, 1e-12});
      cases.push_back({at::kFloat, at::MemoryFormat::Contiguous, relu, residual, 2e-5});
      cases.push_back({at::kFloat, at::MemoryFormat::ChannelsLast3d, relu, residual, 2e-5});  // fused
    }
  }
  return cases;
}

void ExpectNear(const at::Tensor& found, const at::Tensor& expected, double tolerance, const char* what) {
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  ASSERT_EQ(found.scalar_type(), expected.scalar_type()) << what;
  if (found.numel() == 0) return;
  EXPECT_LE((found - expected).abs().max().item<double>(), tolerance) << what;
}

// One batch of seven clips, and ranks with so many of them each.
void ExpectAsAlone(const Case& tried, const std::vector<int64_t>& clips_of_ranks) {
  at::manual_seed(8);
  const auto random = [&] {
    return at::randn({7, kChannels, 2, 3, 4}).to(tried.type).contiguous(tried.format);
  };
  Batch whole = {random() * 2 + 1, {}, random()};
  if (tried.residual) whole.residual = random();
  NormReluOptions options;
  options.momentum = 0.3;
  options.relu = tried.relu;
  const Found expected = RunNorm(whole, tried.type, options);
  const int ranks = static_cast<int>(clips_of_ranks.size());
  RunAsRanks(ranks, [&](ProcessGroup& group) {
    int64_t first = 0;
    for (int rank = 0; rank < group.rank(); ++rank) first += clips_of_ranks[rank];
    const auto own = [&](const at::Tensor& of_all) {
      if (!of_all.defined()) return of_all;
      return of_all.narrow(0, first, clips_of_ranks[group.rank()]).contiguous(tried.format);
    };
    const Batch part = {own(whole.x), own(whole.residual), own(whole.upper)};
    NormReluOptions shared = options;
    Found found;
    {
      const SyncedNormsScope scope(group);
      shared.ranks = SyncedNormsScope::Ranks();
      ASSERT_TRUE(shared.ranks);
      found = RunNorm(part, tried.type, shared);
      EXPECT_TRUE(scope.status().ok()) << scope.status();
    }
    EXPECT_FALSE(SyncedNormsScope::Ranks());
    ExpectNear(found.y, own(expected.y), tried.tolerance, "y");
    ExpectNear(found.grad_x, own(expected.grad_x), tried.tolerance, "gradient of x");
    if (tried.residual) {
      ExpectNear(found.grad_residual, own(expected.grad_residual), tried.tolerance, "gradient of residual");
    }
    ExpectNear(found.mean, expected.mean, tried.tolerance, "running mean");
    ExpectNear(found.variance, expected.variance, tried.tolerance, "running variance");
    ASSERT_TRUE(group.Sum({found.grad_gamma, found.grad_beta}).ok());
    ExpectNear(found.grad_gamma, expected.grad_gamma, tried.tolerance * 10, "gradient of gamma");
    ExpectNear(found.grad_beta, expected.grad_beta, tried.tolerance * 10, "gradient of beta");
  });
}

TEST(SyncedNormsTest, RanksAreOneBatch) {
  const std::vector<std::vector<int64_t>> shares = {{4, 3}, {1, 6}, {7, 0}, {0, 7}, {2, 0, 4, 1}};
  for (const Case& tried : Cases()) {
    for (const std::vector<int64_t>& clips : shares) {
      SCOPED_TRACE(::testing::Message()
                   << at::toString(tried.type) << (tried.relu ? " relu" : "")
                   << (tried.residual ? " residual" : "") << ", clips " << ::testing::PrintToString(clips));
      ExpectAsAlone(tried, clips);
    }
  }
}

TEST(SyncedNormsTest, ABatchOfNobodyChangesNothing) {
  RunAsRanks(2, [](ProcessGroup& group) {
    const SyncedNormsScope scope(group);
    NormReluOptions options;
    options.ranks = SyncedNormsScope::Ranks();
    const Norm before(at::kFloat);
    const Found found = RunNorm({at::empty({0, kChannels, 2, 2, 2}), {}, at::empty({0, kChannels, 2, 2, 2})},
                                at::kFloat, options);
    EXPECT_TRUE(at::equal(found.mean, before.mean));
    EXPECT_TRUE(at::equal(found.variance, before.variance));
    EXPECT_TRUE(at::equal(found.grad_gamma, at::zeros({kChannels})));
  });
}

TEST(SyncedNormsTest, OneValueOnEachOfTwoRanksIsEnough) {
  RunAsRanks(2, [](ProcessGroup& group) {
    const SyncedNormsScope scope(group);
    NormReluOptions options;
    options.eps = 0;
    options.relu = false;
    options.ranks = SyncedNormsScope::Ranks();
    Norm norm(at::kDouble);
    const at::Tensor one = at::ones({kChannels}, at::kDouble);
    const at::Tensor x = at::full({1, kChannels, 1, 1, 1}, group.first() ? 3.0 : 7.0, at::kDouble);
    const at::Tensor y = BatchNormRelu(x, one, one * 0, norm.mean, norm.variance, {}, options);
    EXPECT_NEAR(y.flatten()[0].item<double>(), group.first() ? -1 : 1, 1e-12);
  });
}

TEST(SyncedNormsTest, ARankThatHasEndedIsTheStatus) {
  RunAsRanks(2, [](ProcessGroup& group) {
    if (!group.first()) return;
    const SyncedNormsScope scope(group);
    NormReluOptions options;
    options.ranks = SyncedNormsScope::Ranks();
    const at::Tensor x = at::randn({2, kChannels, 1, 2, 2});
    RunNorm({x, {}, at::ones_like(x)}, at::kFloat, options);
    EXPECT_EQ(scope.status().code(), absl::StatusCode::kUnavailable) << scope.status();
  });
}

TEST(SyncedNormsTest, ScopesNest) {
  const SyncedNormsScope outer(OneProcess());
  const c10::intrusive_ptr<NormRanks> ranks = SyncedNormsScope::Ranks();
  ASSERT_TRUE(ranks);
  {
    const SyncedNormsScope none{c10::intrusive_ptr<NormRanks>()};
    EXPECT_FALSE(SyncedNormsScope::Ranks());
    EXPECT_TRUE(none.status().ok());
  }
  EXPECT_EQ(SyncedNormsScope::Ranks(), ranks);
}

}  // namespace
}  // namespace mrsn::ops
