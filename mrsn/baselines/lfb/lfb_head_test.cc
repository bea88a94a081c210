// Non-local layer and LFB's head against plain loops, the public code's tensors, and
// invariances.
#include "mrsn/baselines/lfb/lfb_head.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/baselines/testing/golden.h"
#include "mrsn/baselines/testing/head_test.h"
#include "mrsn/baselines/testing/reference.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 5, kBankWidth = 4;

LfbHeadOptions Small(FeatureBankOperator op) {
  LfbHeadOptions options;
  options.channels = kChannels;
  options.classes = 3;
  options.bank_width = kBankWidth;
  options.op = op;
  options.window_seconds = 2;
  options.width = 6;
  return options;
}

std::vector<LfbHeadOptions> Variants() {
  LfbHeadOptions affine = Small(FeatureBankOperator::kNonLocal);
  affine.layers = 3;
  affine.affine_norm = true;
  return {Small(FeatureBankOperator::kNonLocal), affine, Small(FeatureBankOperator::kAverage),
          Small(FeatureBankOperator::kMax)};
}

at::Tensor ReferenceLogits(const torch::nn::Module& head, const LfbHeadOptions& options,
                           const HeadInput& input) {
  const Weights weights(head);
  Matrix logits;
  for (int64_t n = 0; n < input.clip_index.size(0); ++n) {
    Matrix window;
    for (int64_t m = 0; m < input.bank.features.size(0); ++m) {
      const int64_t offset = input.bank.offset[m].item<int64_t>();
      if (input.bank.clip_index[m].item<int64_t>() != input.clip_index[n].item<int64_t>()) continue;
      if (offset < -options.window_seconds || offset >= options.window_seconds) continue;
      window.push_back(FromTensor(input.bank.features)[m]);
    }
    Row g = MaxOver(input.actors[n]), long_term(kBankWidth, 0.0);
    if (options.op == FeatureBankOperator::kNonLocal) {
      long_term = Linear(weights.In("reduce_persons."), g);
      for (Row& entry : window) entry = Linear(weights.In("reduce_bank."), entry);
      for (int64_t layer = 0; layer < options.layers; ++layer) {
        long_term = NonLocal(weights.In("layer" + std::to_string(layer) + "."), long_term, window);
      }
    } else {
      for (size_t i = 0; i < long_term.size() && !window.empty(); ++i) {
        double sum = 0, largest = window[0][i];
        for (const Row& entry : window) {
          sum += entry[i] / static_cast<double>(window.size());
          largest = std::max(largest, entry[i]);
        }
        long_term[i] = options.op == FeatureBankOperator::kMax ? largest : sum;
      }
    }
    g.insert(g.end(), long_term.begin(), long_term.end());
    logits.push_back(Linear(weights.In("classifier."), g));
  }
  return ToTensor(logits);
}

using LfbHeadTest = HeadTest;

TEST_F(LfbHeadTest, EveryOperatorEqualsThePlainLoops) {
  for (const LfbHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    const HeadOutput output = head->Forward(input);
    EXPECT_TRUE(Close(output.logits, ReferenceLogits(*head, options, input), 1e-11));
    EXPECT_EQ(output.G.size(1), head->needs().relation_width);
    ASSERT_TRUE(head->needs().bank.has_value());
    EXPECT_EQ(head->needs().bank->width, kBankWidth);
    EXPECT_EQ(head->needs().bank->radius, 2);
  }
}

TEST_F(LfbHeadTest, GradientsAreRight) {
  for (const LfbHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    ExpectHeadGradientsRight(*head, RandomHeadInput(kChannels, kBankWidth), true, false);
  }
}

TEST_F(LfbHeadTest, ClipsDoNotInfluenceEachOtherNorDoesOrder) {
  for (const LfbHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    ExpectClipsDoNotInfluenceEachOther(*head, input);
    ExpectOrderDoesNotMatter(*head, input);
  }
}

// 60 seconds around a clip: 30 before, its own, 29 after.
TEST_F(LfbHeadTest, TheWindowIsEven) {
  const auto head = Scrambled(std::make_shared<LfbHead>(Small(FeatureBankOperator::kAverage)));
  HeadInput input = RandomHeadInput(kChannels, kBankWidth);
  input.bank.clip_index = at::zeros({5}, at::kLong);
  input.bank.offset = at::tensor({-2, -1, 0, 1, 2}, at::kLong);
  input.bank.features = Random({5, kBankWidth});
  EXPECT_TRUE(Close(head->Forward(input).G[0].slice(0, kChannels), input.bank.features.slice(0, 0, 4).mean(0),
                    1e-12));
}

// An empty window: nothing is added, nothing is NaN, weights of the bank learn nothing.
TEST_F(LfbHeadTest, AnEmptyWindowGivesTheUnsupportedFeature) {
  for (const LfbHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    const at::Tensor with_bank = head->Forward(input).G;
    input.bank = {};
    const at::Tensor without = head->Forward(input).G;
    EXPECT_TRUE(Close(with_bank[3], without[3], 1e-12));
    EXPECT_FALSE(Close(with_bank[0], without[0], 1e-3));
    if (options.op == FeatureBankOperator::kNonLocal) {
      const auto weights = head->named_parameters();
      const at::Tensor reduced = without.slice(1, 0, kChannels).mm(weights["reduce_persons.weight"].t()) +
                                 weights["reduce_persons.bias"];
      EXPECT_TRUE(Close(without.slice(1, kChannels), reduced, 1e-12));
    } else {
      EXPECT_EQ(without.slice(1, kChannels).abs().max().item<double>(), 0);
    }
  }
}

// Three entries in one second, two in another; one of each is drawn, each as often as the others.
TEST_F(LfbHeadTest, EntriesAreDrawnSecondBySecondIfAskedFor) {
  for (const FeatureBankOperator op : {FeatureBankOperator::kAverage, FeatureBankOperator::kMax}) {
    LfbHeadOptions options = Small(op);
    options.dropout = 0;
    options.sampled_per_second = 1;
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    HeadInput input = RandomHeadInput(kChannels, kBankWidth);
    // The last is beyond the even window, and takes nobody's place.
    input.bank.clip_index = at::tensor({0, 3, 0, 0, 0, 0, 0}, at::kLong);
    input.bank.offset = at::tensor({1, 1, -2, 1, -2, 1, 2}, at::kLong);
    input.bank.features =
        at::tensor({1, 50, 16, 2, 32, 4, 1000}, at::kDouble).unsqueeze(1).repeat({1, kBankWidth});
    const auto first = [&] { return head->Forward(input).G[0][kChannels].item<double>(); };
    const double all = op == FeatureBankOperator::kAverage ? 11 : 32;
    EXPECT_DOUBLE_EQ(first(), all);  // evaluation
    head->train();
    std::map<double, int> counts;
    constexpr int kDraws = 600;
    for (int draw = 0; draw < kDraws; ++draw) {
      ++counts[first()];
      EXPECT_DOUBLE_EQ(head->Forward(input).G[4][kChannels].item<double>(), 50);  // its only entry
    }
    std::map<double, double> expected;
    for (const double here : {1, 2, 4}) {
      for (const double there : {16, 32}) {
        expected[op == FeatureBankOperator::kAverage ? (here + there) / 2 : std::max(here, there)] +=
            kDraws / 6.0;
      }
    }
    EXPECT_EQ(counts.size(), expected.size());
    for (const auto& [value, count] : expected)
      EXPECT_NEAR(counts[value], count, 5 * std::sqrt(count)) << value;
  }
}

TEST_F(LfbHeadTest, DrawingAllThereIsChangesNothing) {
  for (LfbHeadOptions options : Variants()) {
    options.sampled_per_second = 2;
    options.sample_in_evaluation = true;
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, kBankWidth);  // at most one a second
    EXPECT_TRUE(Close(head->Forward(input).logits, ReferenceLogits(*head, options, input), 1e-11));
  }
}

TEST_F(LfbHeadTest, EvaluationDrawsOnlyIfAskedFor) {
  LfbHeadOptions options = Small(FeatureBankOperator::kNonLocal);
  options.sampled_per_second = 1;
  HeadInput input = RandomHeadInput(kChannels, kBankWidth);
  input.bank.offset.zero_();
  for (const bool asked : {false, true}) {
    options.sample_in_evaluation = asked;
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    const at::Tensor before = head->Forward(input).logits;
    bool differs = false;
    for (int i = 0; i < 20; ++i) differs = differs || !at::equal(head->Forward(input).logits, before);
    EXPECT_EQ(differs, asked);
  }
}

TEST_F(LfbHeadTest, DropsOutInTrainingOnly) {
  for (const LfbHeadOptions& options : Variants()) {
    LfbHeadOptions none = options;
    none.layer_dropout = none.dropout = 0;
    ExpectDropoutInTrainingOnly(*Scrambled(std::make_shared<LfbHead>(options)),
                                *Scrambled(std::make_shared<LfbHead>(none)),
                                RandomHeadInput(kChannels, kBankWidth));
  }
}

TEST_F(LfbHeadTest, RefusesABankOfAnotherWidth) {
  for (const LfbHeadOptions& options : Variants()) {
    const auto head = Scrambled(std::make_shared<LfbHead>(options));
    EXPECT_THROW(head->Forward(RandomHeadInput(kChannels, kBankWidth + 1)), c10::Error);
  }
}

// The public code starts each layer as the identity.
TEST_F(LfbHeadTest, StartsWithoutTheBanksInfluence) {
  LfbHead head(Small(FeatureBankOperator::kNonLocal));
  head.to(at::kDouble);
  head.eval();
  HeadInput input = RandomHeadInput(kChannels, kBankWidth);
  const at::Tensor with_bank = head.Forward(input).G;
  input.bank = {};
  EXPECT_TRUE(at::equal(head.Forward(input).G, with_bank));
}

// A key counted k times weighs as k keys do; how AIA's padding is counted.
TEST_F(LfbHeadTest, LogCountCountsKeys) {
  NonLocalOptions options;
  options.query_width = 4;
  options.key_width = 3;
  options.width = options.output_width = 5;
  options.positions = 2;
  const auto layer = Scrambled(std::make_shared<NonLocalLayer>(options));
  const at::Tensor x = Random({2, 4}), y = Random({2, 3});
  const double never = -std::numeric_limits<double>::infinity();
  NonLocalKeys keys = {y, at::tensor({std::log(3.0), 0.0, never, 0.0}, at::kDouble).view({2, 2}),
                       at::tensor({1, 0}, at::kLong)};
  const at::Tensor result = layer->Forward(x, keys);
  const Weights weights(*layer);
  const Matrix queries = FromTensor(x), features = FromTensor(y);
  const Matrix expected = {
      NonLocal(weights, queries[0], {features[0], features[0], features[0], features[1]}, {1, 1, 1, 0}),
      NonLocal(weights, queries[1], {features[1]}, {0})};
  EXPECT_TRUE(Close(result, ToTensor(expected), 1e-12));
}

// The public code's tensors: three clips of one person each, ten entries a window.
TEST_F(LfbHeadTest, NonLocalOperatorMatchesGolden) {
  const std::string name = "lfb_nl_2layer/";
  const PublicNames names = {"mmaction2", "roi_head.shared_head.fbo.", "head."};
  LfbHeadOptions options;
  options.channels = 24;
  options.bank_width = 20;
  options.width = 16;
  options.affine_norm = true;
  LfbHead head(options);
  head.eval();
  EXPECT_EQ(LoadGolden(head, name, names),
            (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
  HeadInput input;
  input.actors = Golden()[name + "in/st"].view({3, 24, 1, 1}).clone().set_requires_grad(true);
  input.clip_index = at::arange(3, at::kLong);
  const at::Tensor bank = Golden()[name + "in/lt"].clone().set_requires_grad(true);  // [3,20,10,1,1]
  input.bank.features = bank.view({3, 20, 10}).transpose(1, 2).reshape({30, 20});
  input.bank.clip_index = input.clip_index.repeat_interleave(10);
  input.bank.offset = at::zeros({30}, at::kLong);
  Taps taps;
  head.Forward(input, &taps);
  const at::Tensor out = TapNamed(taps, "long_term");
  EXPECT_TRUE(Close(out, Golden()[name + "out"].view({3, 16}), 2e-5));
  out.backward(Golden()[name + "gout"].view({3, 16}));
  ExpectGoldenGradients(head, {{"st", input.actors}, {"lt", bank}}, name, names, 5e-5);
}

}  // namespace
}  // namespace mrsn::baselines
