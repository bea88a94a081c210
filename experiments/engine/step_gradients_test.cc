#include "experiments/engine/step_gradients.h"

#include <ATen/ATen.h>

#include <vector>

#include "experiments/testing/fake_detector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

// A loss of two parts: a mean of squares over the persons of weight `a`, and one over the pairs of persons of
// both weights. `b` has no gradient from clips without pairs; nothing depends on `unused`.
class TwoParts : public FakeDetector {
 public:
  TwoParts() {
    unused = register_parameter("unused", at::ones({2}));
    a = register_parameter("a", at::tensor({0.5f, -1.5f}));
    b = register_parameter("b", at::full({}, 0.75f));
  }

  // Of the persons of a clip, [n,2].
  LossOutput LossOf(const at::Tensor& persons) {
    const int64_t n = persons.size(0);
    if (n == 0) return {(a * 0).sum(), {}, {}};
    const at::Tensor each = persons.mv(a);
    LossOutput output;
    output.parts = {{each.square().mean(), static_cast<double>(n)}};
    const int64_t pairs = n / 2;
    output.parts.push_back({pairs > 0 ? (each.narrow(0, 0, pairs) * b).exp().mean() : (a * 0).sum(),
                            static_cast<double>(pairs)});
    output.loss = output.parts[0].mean + output.parts[1].mean;
    return output;
  }

  at::Tensor a, b, unused;
};

// Persons of the clips of a batch of eight; clips 2, 3, 6 and 7 have none.
std::vector<at::Tensor> Clips() {
  at::manual_seed(3);
  std::vector<at::Tensor> clips;
  for (const int64_t persons : {3, 1, 0, 0, 5, 2, 0, 0}) clips.push_back(at::randn({persons, 2}));
  return clips;
}

struct Expected {
  double loss;
  at::Tensor a, b;
};

// All clips together, as one process computes them.
Expected Alone() {
  TwoParts model;
  std::vector<LossOutput> outputs;
  for (const at::Tensor& clip : Clips()) outputs.push_back(model.LossOf(clip));
  const at::Tensor loss = JoinLosses(outputs);
  loss.backward();
  return {loss.item<double>(), model.a.grad(), model.b.grad()};
}

// Clip i belongs to rank i % ranks, as a loader gives them, and to one of `steps` parts of this rank.
// `overlap`: the last part with AddLast, on ranks whose bit is set.
void ExpectAsAlone(int ranks, int steps, double loss_scale = 1, int overlap = 0) {
  SCOPED_TRACE(::testing::Message() << ranks << " ranks, " << steps << " parts, scale " << loss_scale
                                    << ", overlap " << overlap);
  const Expected expected = Alone();
  const std::vector<at::Tensor> clips = Clips();
  RunAsRanks(ranks, [&](ProcessGroup& group) {
    TwoParts model;
    model.a.mutable_grad() = at::full({2}, 99.f);  // of the step before
    StepGradients gradients(group, model, loss_scale, /*bucket_bytes=*/1);
    const int64_t own = (8 - group.rank() + ranks - 1) / ranks;
    for (int part = 0; part < steps; ++part) {
      std::vector<LossOutput> outputs;
      for (int64_t i = own * part / steps; i < own * (part + 1) / steps; ++i) {
        outputs.push_back(model.LossOf(clips[group.rank() + i * ranks]));
      }
      if (outputs.empty()) continue;
      if (part + 1 == steps && ((overlap >> group.rank()) & 1) != 0) {
        gradients.AddLast(outputs, outputs.size());
      } else {
        gradients.Add(outputs, outputs.size());
      }
    }
    const auto total = gradients.Finish();
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_NEAR(total->loss, expected.loss, 1e-6);
    EXPECT_EQ(total->clips, 8);
    EXPECT_TRUE(at::allclose(model.a.grad(), expected.a, 1e-6, 1e-6)) << model.a.grad() << expected.a;
    EXPECT_TRUE(at::allclose(model.b.grad(), expected.b, 1e-6, 1e-6)) << model.b.grad() << expected.b;
    EXPECT_FALSE(model.unused.grad().defined()) << "the optimizer must leave it alone";
  });
}

TEST(StepGradients, OneAfterTheOther) {
  for (const int parts : {1, 2, 4, 8}) ExpectAsAlone(1, parts);
}

// With four ranks, ranks 2 and 3 see nobody.
TEST(StepGradients, OverRanks) {
  for (const int ranks : {2, 4, 8}) ExpectAsAlone(ranks, 1);
}

TEST(StepGradients, Both) { ExpectAsAlone(2, 2); }

TEST(StepGradients, SumsBesideTheBackwardPass) {
  for (const int overlap : {1, 2, 3}) {
    ExpectAsAlone(2, 1, 1, overlap);
    ExpectAsAlone(2, 2, 1024, overlap);
  }
  ExpectAsAlone(4, 1, 1, 15);  // ranks 2 and 3 see nobody
  ExpectAsAlone(1, 2, 1, 1);
}

// The gradients of a step on each of two ranks, and how many buckets began early.
std::vector<std::vector<at::Tensor>> StepOfTwo(bool overlap, int64_t* begun_early) {
  std::vector<std::vector<at::Tensor>> gradients(2);
  const std::vector<at::Tensor> clips = Clips();
  RunAsRanks(2, [&](ProcessGroup& group) {
    TwoParts model;
    StepGradients step(group, model, /*loss_scale=*/3, /*bucket_bytes=*/1);
    const std::vector<LossOutput> outputs = {model.LossOf(clips[group.rank() * 5])};
    overlap ? step.AddLast(outputs, 1) : step.Add(outputs, 1);
    if (group.first()) *begun_early = step.buckets_begun_early();
    EXPECT_TRUE(step.Finish().ok());
    gradients[group.rank()] = {model.a.grad(), model.b.grad()};
  });
  return gradients;
}

TEST(StepGradients, WhenTheSumsBeginChangesNoBit) {
  int64_t begun_early = -1;
  const auto at_the_end = StepOfTwo(false, &begun_early);
  EXPECT_EQ(begun_early, 0);
  const auto beside = StepOfTwo(true, &begun_early);
  EXPECT_EQ(begun_early, 2) << "those of a and b; nothing depends on `unused`";
  for (const int rank : {0, 1}) {
    for (const size_t p : {0, 1}) EXPECT_TRUE(at::equal(beside[rank][p], at_the_end[rank][p]));
  }
}

TEST(StepGradients, TheScaleOfTheLossIsDividedOut) {
  ExpectAsAlone(1, 2, 1024);
  ExpectAsAlone(2, 2, 1024);
}

// Infinite while it is scaled, as in float16.
TEST(StepGradients, AGradientThatIsTooLargeStaysInfinite) {
  RunAsRanks(2, [&](ProcessGroup& group) {
    TwoParts model;
    StepGradients gradients(group, model, 1e38);
    gradients.Add({model.LossOf(at::full({1, 2}, 10.f))}, 1);
    const auto total = gradients.Finish();
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_NEAR(total->loss, 100, 1e-4);
    EXPECT_FALSE(model.a.grad().isfinite().any().item<bool>()) << model.a.grad();
  });
}

TEST(StepGradients, ABatchWithoutPersonsHasGradientsOfZero) {
  RunAsRanks(2, [&](ProcessGroup& group) {
    TwoParts model;
    StepGradients gradients(group, model);
    gradients.Add({model.LossOf(at::empty({0, 2}))}, 1);
    const auto total = gradients.Finish();
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_EQ(total->loss, 0);
    EXPECT_TRUE(model.a.grad().equal(at::zeros({2})));
    EXPECT_FALSE(model.b.grad().defined());
  });
}

TEST(StepGradients, ARankWithoutClipsTakesPart) {
  RunAsRanks(2, [&](ProcessGroup& group) {
    TwoParts model;
    StepGradients gradients(group, model);
    if (group.first()) gradients.Add({model.LossOf(at::ones({1, 2}))}, 1);
    const auto total = gradients.Finish();
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_EQ(total->clips, 1);
    EXPECT_NEAR(total->loss, 1, 1e-6);  // (0.5 - 1.5)^2
    EXPECT_TRUE(at::allclose(model.a.grad(), at::full({2}, -2.f))) << model.a.grad();
  });
}

}  // namespace
}  // namespace mrsn::experiments
