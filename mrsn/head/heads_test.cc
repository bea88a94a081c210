// Eq. 7 and 8, and the whole head (Eq. 1-8) against plain loops and golden tensors.
#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/head/linear_head.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/plain_head.h"
#include "mrsn/testing/reference.h"

namespace mrsn {
namespace {

using reference::ToTensor;

constexpr int64_t kChannels = 6, kClasses = 5;

const ops::GoldenBundle& Golden() {
  static const auto* golden = new ops::GoldenBundle(ops::ReadGoldenBundle("mrsn/head/testdata/relations"));
  return *golden;
}

at::Tensor Random(at::IntArrayRef shape) { return at::randn(shape, at::kDouble); }

MrsnHeadOptions Small() {
  MrsnHeadOptions options;
  options.channels = kChannels;
  options.classes = kClasses;
  options.support_size = 8;
  options.patch_size = 4;
  options.mrse = {/*width=*/8, /*heads=*/2, /*hidden=*/12, 1, 1, 1};
  return options;
}

std::shared_ptr<MrsnHead> Scrambled(const MrsnHeadOptions& options) {
  auto head = std::make_shared<MrsnHead>(options);
  head->to(at::kDouble);
  head->eval();
  at::NoGradGuard no_grad;
  for (at::Tensor& parameter : head->parameters()) parameter.add_(Random(parameter.sizes()) * 0.2);
  return head;
}

// Clips 0, 1, 3, 4 of five have persons; F is 5 x 7, so pooling is uneven.
HeadInput RandomInput(int64_t relation_width) {
  HeadInput input;
  input.clip_index = at::tensor({0, 0, 0, 1, 3, 3, 4}, at::kLong);
  input.features = Random({5, kChannels, 5, 7});
  input.actors = Random({7, kChannels, 7, 7});
  const at::Tensor corners = at::rand({7, 2}, at::kDouble) * 0.7;
  input.boxes = at::cat({corners, corners + at::rand({7, 2}, at::kDouble) * 0.3}, 1);
  // Unordered entries; clip 1's window is empty, clip 2's is of nobody's interest.
  input.bank.clip_index = at::tensor({3, 0, 0, 4, 2, 0, 3}, at::kLong);
  input.bank.offset = at::tensor({2, -2, 0, 1, 0, 0, -1}, at::kLong);
  input.bank.features = Random({7, relation_width});
  return input;
}

class HeadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(5);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

// Eq. 1-8 end to end for every row of Table 4 and every option.
TEST_F(HeadsTest, EveryVariantEqualsThePlainLoops) {
  std::vector<std::pair<std::string, MrsnHeadOptions>> variants;
  const auto add = [&](const std::string& name, const std::function<void(MrsnHeadOptions&)>& change) {
    variants.emplace_back(name, Small());
    change(variants.back().second);
  };
  add("full", [](auto&) {});
  add("acre", [](auto& o) { o.mrse.aare_layers = o.mrse.rse_layers = 0; });
  add("aare", [](auto& o) { o.mrse.acre_layers = o.mrse.rse_layers = 0; });
  add("no rse", [](auto& o) { o.mrse.rse_layers = 0; });
  add("stacked", [](auto& o) {
    o.blocks = 2;
    o.mrse.acre_layers = o.mrse.rse_layers = 2;
    o.mrse.aare_layers = 3;
  });
  add("one-layer MLP", [](auto& o) { o.mlp_layers = 1; });
  add("average", [](auto& o) { o.actor_token = ActorToken::kAverage; });
  add("flatten", [](auto& o) { o.actor_token = ActorToken::kFlatten; });
  add("long", [](auto& o) { o.long_term = {2, 16}; });
  add("long, acre only", [](auto& o) {
    o.long_term = {3, 4};
    o.mrse.aare_layers = o.mrse.rse_layers = 0;
  });
  add("long, aare only, one layer", [](auto& o) {
    o.long_term = {2, 8};
    o.mrse.acre_layers = o.mrse.rse_layers = 0;
    o.mlp_layers = 1;
  });
  for (const auto& [name, options] : variants) {
    const auto head = Scrambled(options);
    HeadInput input = RandomInput(head->relation_width());
    Taps taps;
    input.taps = &taps;
    const HeadOutput output = head->Forward(input);
    const reference::HeadResult expected = reference::Head(*head, options, input);
    EXPECT_TRUE(Close(output.G, ToTensor(expected.G), 1e-11)) << name;
    EXPECT_TRUE(Close(output.logits, ToTensor(expected.logits), 1e-11)) << name;
    EXPECT_EQ(output.G.size(1), head->relation_width());
    for (const auto& [tap, tensor] : taps) {
      for (int64_t n = 0; n < 7; ++n) {
        if (tap == "X") {
          EXPECT_TRUE(Close(tensor[n], ToTensor(expected.X[n]), 1e-11)) << name;
        }
        if (tap == "Y") {
          EXPECT_TRUE(Close(tensor[n].unsqueeze(0), ToTensor(expected.Y[n]), 1e-11)) << name;
        }
      }
    }
  }
}

TEST_F(HeadsTest, GradientsAreRight) {
  MrsnHeadOptions options = Small();
  options.long_term = {2, 8};
  const auto head = Scrambled(options);
  HeadInput input = RandomInput(24);
  input.features.set_requires_grad(true);
  input.actors.set_requires_grad(true);
  input.bank.features.set_requires_grad(true);
  std::vector<std::pair<std::string, at::Tensor>> variables = {
      {"features", input.features}, {"actors", input.actors}, {"bank", input.bank.features}};
  for (const auto& parameter : head->named_parameters()) {
    variables.emplace_back(parameter.key(), parameter.value());
  }
  ExpectGradientsRight([&] { return head->Forward(input).logits; }, variables, 3);
}

// ---- the path without gradients, in float32 with packed weights

HeadInput FloatInput(const std::vector<int64_t>& clips, int64_t batch, int64_t relation_width) {
  const int64_t persons = static_cast<int64_t>(clips.size());
  HeadInput input;
  input.clip_index = at::tensor(clips, at::kLong);
  input.features = at::randn({batch, kChannels, 5, 7});
  input.actors = at::randn({persons, kChannels, 7, 7});
  const at::Tensor corners = at::rand({persons, 2}) * 0.7;
  input.boxes = at::cat({corners, corners + at::rand({persons, 2}) * 0.3}, 1);
  input.bank.clip_index = at::arange(3 * batch) % batch;
  input.bank.offset = at::arange(3 * batch) % 5 - 2;
  input.bank.features = at::randn({3 * batch, relation_width});
  return input;
}

TEST_F(HeadsTest, WithoutGradientsEqualsTheFrameworksModules) {
  MrsnHeadOptions base = Small();
  base.mrse = {/*width=*/32, /*heads=*/4, /*hidden=*/48, 1, 1, 1};
  std::vector<std::pair<std::string, MrsnHeadOptions>> variants;
  const auto add = [&](const std::string& name, const std::function<void(MrsnHeadOptions&)>& change) {
    variants.emplace_back(name, base);
    change(variants.back().second);
  };
  add("full", [](auto&) {});
  add("one-layer MLP", [](auto& o) { o.mlp_layers = 1; });
  add("two layers", [](auto& o) { o.mrse.acre_layers = o.mrse.aare_layers = o.mrse.rse_layers = 2; });
  add("stacked", [](auto& o) { o.blocks = 3; });
  add("acre", [](auto& o) { o.mrse.aare_layers = o.mrse.rse_layers = 0; });
  add("aare", [](auto& o) { o.mrse.acre_layers = o.mrse.rse_layers = 0; });
  add("long", [](auto& o) { o.long_term = {2, 96}; });
  const std::vector<std::pair<std::vector<int64_t>, int64_t>> batches = {
      {{0}, 1},                       // one person
      {{0, 0, 0}, 1},                 //
      {{0, 0, 0, 0, 0, 0, 0, 0}, 1},  //
      {{0, 0, 1}, 2},                 //
      {{1, 1, 1, 1, 2, 4, 4}, 6},     // clips without persons at both ends and between
      {{3}, 4},                       //
  };
  at::NoGradGuard no_grad;
  for (const auto& [name, options] : variants) {
    auto head = std::make_shared<MrsnHead>(options);
    head->eval();
    for (at::Tensor& parameter : head->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    const auto plain = reference::MakePlainHead(*head, options);
    for (const auto& [clips, batch] : batches) {
      const HeadInput input = FloatInput(clips, batch, head->relation_width());
      const HeadOutput output = head->Forward(input), expected = plain->Forward(input);
      EXPECT_TRUE(Close(output.G, expected.G, 1e-5)) << name << ", clips " << input.clip_index;
      EXPECT_TRUE(Close(output.logits, expected.logits, 1e-5)) << name << ", clips " << input.clip_index;
    }
  }
}

TEST_F(HeadsTest, RelationFeaturesIsEq7) {
  Relations relations;
  relations.X = at::tensor({1.0, 2.0, 10.0, 20.0, 30.0, 60.0}).view({1, 3, 2});  // actor, two of context
  relations.Y = at::tensor({5.0, 6.0}).view({1, 2});
  EXPECT_TRUE(
      at::equal(RelationFeatures(relations), at::tensor({1.0, 2.0, 20.0, 40.0, 5.0, 6.0}).view({1, 6})));
}

// Dropout between the layers in training only, and of the probability asked for.
TEST_F(HeadsTest, MlpDropsOut) {
  ConsensusMlp mlp({4, 20000, 1, 2, 0.25});
  at::NoGradGuard no_grad;
  for (auto& parameter : mlp.named_parameters()) parameter.value().fill_(0);
  mlp.named_parameters()["hidden.bias"].fill_(3);        // GELU(3) = 3 Phi(3)
  mlp.named_parameters()["classifier.weight"].fill_(1);  // counts what is left
  const double unit = 3 * 0.9986501019683699;
  const at::Tensor g = at::zeros({1, 4});
  mlp.eval();
  EXPECT_NEAR(mlp.Forward(g).item<double>(), 20000 * unit, 1);
  mlp.train();
  const double kept = mlp.Forward(g).item<double>() / unit * 0.75;  // survivors are scaled by 1 / 0.75
  EXPECT_NEAR(kept, 15000, 5 * 61.3);  // binomial: deviation sqrt(20000 * .75 * .25)
}

// ---- Eq. 8

TEST_F(HeadsTest, AnEmptyWindowLeavesGAsItIs) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({3, 6}), clips = at::tensor({0, 1, 1}, at::kLong);
  EXPECT_TRUE(at::equal(support.Forward(G, clips, {}), G));
  LongTermWindow none = {at::empty({0, 6}), at::empty({0}, at::kLong), at::empty({0}, at::kLong)};
  EXPECT_TRUE(at::equal(support.Forward(G, clips, none), G));
  LongTermWindow elsewhere = {at::randn({2, 6}), at::tensor({0, 0}, at::kLong),
                              at::tensor({0, 1}, at::kLong)};
  const at::Tensor result = support.Forward(G.set_requires_grad(true), clips, elsewhere);
  EXPECT_TRUE(at::equal(result.slice(0, 1), G.slice(0, 1)));
  EXPECT_FALSE(at::allclose(result[0], G[0]));
  result.sum().backward();
  for (const at::Tensor& parameter : support.parameters()) {
    EXPECT_TRUE(at::isfinite(parameter.grad()).all().item<bool>());
  }
}

TEST_F(HeadsTest, EachClipSeesItsOwnWindowOnly) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({2, 6}), clips = at::tensor({0, 1}, at::kLong);
  LongTermWindow bank = {at::randn({4, 6}).set_requires_grad(true), at::tensor({1, 0, 1, 0}, at::kLong),
                         at::tensor({0, 1, -2, 2}, at::kLong)};
  support.Forward(G, clips, bank)[0].square().sum().backward();
  const at::Tensor reach = bank.features.grad().abs().sum(1);
  EXPECT_EQ(reach[0].item<float>(), 0);
  EXPECT_EQ(reach[2].item<float>(), 0);
  EXPECT_GT(reach[1].item<float>(), 0);
  EXPECT_GT(reach[3].item<float>(), 0);
}

TEST_F(HeadsTest, TheOrderOfBankEntriesDoesNotMatterTheirDistanceDoes) {
  LongTermSupport support({6, 4, 2, 2});
  support.to(at::kDouble);
  const at::Tensor G = Random({1, 6}), clips = at::zeros({1}, at::kLong), three = at::zeros({3}, at::kLong);
  const at::Tensor features = Random({3, 6}), order = at::tensor({2, 0, 1}, at::kLong);
  const at::Tensor offset = at::tensor({-2, 0, 1}, at::kLong);
  const at::Tensor result = support.Forward(G, clips, {features, three, offset});
  EXPECT_TRUE(Close(
      support.Forward(G, clips, {features.index_select(0, order), three, offset.index_select(0, order)}),
      result, 1e-13));
  EXPECT_FALSE(
      Close(support.Forward(G, clips, {features, three, offset.index_select(0, order)}), result, 1e-6));
}

TEST_F(HeadsTest, LongTermRefusesWhatDoesNotFit) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({1, 6}), one = at::zeros({1}, at::kLong);
  EXPECT_THROW(support.Forward(G, one, {at::randn({1, 5}), one, one}), c10::Error);
  EXPECT_ANY_THROW(support.Forward(G, one, {at::randn({1, 6}), one, one + 3}));
  EXPECT_ANY_THROW(support.Forward(G, one, {at::randn({1, 6}), one, one - 3}));
}

// ---- golden

MrsnHeadOptions GoldenOptions() {
  MrsnHeadOptions options;
  options.channels = 24;
  options.classes = 11;
  options.mrse = {64, 8, 128, 1, 1, 1};
  return options;
}

void CompareWithGolden(const std::string& prefix, const MrsnHeadOptions& options) {
  MrsnHead head(options);
  head.eval();
  LoadGoldenWeights(head, Golden(), prefix);
  HeadInput input;
  Taps taps;
  input.taps = &taps;
  input.features = Golden()[prefix + "in/feat"].clone().set_requires_grad(true);
  input.actors = Golden()[prefix + "in/roi"].clone().set_requires_grad(true);
  input.boxes = Golden()[prefix + "in/boxes"];
  input.clip_index = at::zeros({4}, at::kLong);
  if (options.long_term) {
    input.bank.features = Golden()[prefix + "in/bank"].clone().set_requires_grad(true);
    input.bank.offset = Golden()[prefix + "in/dist"] - options.long_term->window_seconds;  // stored as rows
    input.bank.clip_index = at::zeros({9}, at::kLong);
  }
  EXPECT_TRUE(at::equal(ActorCell(input.boxes, 8), Golden()[prefix + "cell"]));
  const HeadOutput output = head.Forward(input);
  EXPECT_TRUE(Close(output.logits, Golden()[prefix + "out"], 2e-5));
  EXPECT_TRUE(Close(output.G, Golden()[prefix + "G"], 2e-5));
  for (const auto& [name, tensor] : taps) {
    if (name == "X" || name == "Y") {
      EXPECT_TRUE(Close(tensor, Golden()[prefix + name], 2e-5)) << name;
    }
  }
  output.logits.backward(Golden()[prefix + "gout"]);
  ExpectGoldenGradients(head,
                        {{"feat", input.features}, {"roi", input.actors}, {"bank", input.bank.features}},
                        Golden(), prefix, 2e-5);
}

TEST_F(HeadsTest, ShortTermHeadMatchesGolden) { CompareWithGolden("head_short/", GoldenOptions()); }

TEST_F(HeadsTest, LongTermHeadMatchesGolden) {
  MrsnHeadOptions options = GoldenOptions();
  options.long_term = {2, 192};
  CompareWithGolden("head_long/", options);
}

// ---- the linear head

TEST_F(HeadsTest, LinearHeadClassifiesTheMaxPooledRoi) {
  LinearHead head({kChannels, kClasses, 0.5});
  head.eval();
  HeadInput input;
  input.actors = at::randn({3, kChannels, 7, 7});
  const HeadOutput output = head.Forward(input);
  EXPECT_TRUE(at::equal(output.G, input.actors.amax({2, 3})));
  const auto parameters = head.named_parameters();
  EXPECT_TRUE(Close(output.logits,
                    output.G.mm(parameters["classifier.weight"].t()) + parameters["classifier.bias"], 1e-6));
  EXPECT_EQ(head.relation_width(), kChannels);
  EXPECT_EQ(head.bank_radius(), 0);
}

}  // namespace
}  // namespace mrsn
