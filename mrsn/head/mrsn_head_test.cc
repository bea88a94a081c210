// The whole head (Eq. 1-8) against plain loops and golden tensors.
#include "mrsn/head/mrsn_head.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/head/mrsn_head_counts.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/head_input.h"
#include "mrsn/testing/plain_head.h"
#include "mrsn/testing/reference.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

using reference::ToTensor;

constexpr int64_t kChannels = 6, kClasses = 5;

MrsnHeadOptions Small() {
  MrsnHeadOptions options;
  options.channels = kChannels;
  options.classes = kClasses;
  options.support_size = 8;
  options.patch_size = 4;
  options.mrse = {/*width=*/8, /*heads=*/2, /*hidden=*/12, 1, 1, 1};
  return options;
}

std::shared_ptr<MrsnHead> Head(const MrsnHeadOptions& options) {
  return Scrambled(std::make_shared<MrsnHead>(options), 0.2);
}

// RoIs of 7 x 7 cells; F is 6 x 7, so pooling is uneven.
HeadInput Input(int64_t relation_width) {
  HeadInput input = RandomHeadInput(kChannels, relation_width);
  SetRois(&input, 7);
  return input;
}

int64_t CountOf(const MrsnHead& head) {
  int64_t count = 0;
  for (const at::Tensor& parameter : head.parameters()) count += parameter.numel();
  return count;
}

using MrsnHeadTest = SeededTest;

// Eq. 1-8 end to end for every row of Table 4 and every option.
TEST_F(MrsnHeadTest, EveryVariantEqualsThePlainLoops) {
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
  for (const Residual residual : {Residual::kPreNorm, Residual::kPostNorm}) {
    add(residual == Residual::kPreNorm ? "pre-norm" : "post-norm", [residual](auto& o) {
      o.blocks = 2;
      o.mrse.acre_layers = o.mrse.aare_layers = o.mrse.rse_layers = 2;
      o.mrse.residual = residual;
    });
  }
  add("no place in AARE", [](auto& o) { o.position_in_aare = false; });
  add("a place in ACRE", [](auto& o) { o.position_in_acre = true; });
  add("no distances", [](auto& o) { o.long_term = {2, 8, /*distance_embedding=*/false}; });
  add("own second out", [](auto& o) { o.long_term = {2, 8, true, /*own_second=*/false}; });
  add("a bank of other features", [](auto& o) { o.long_term = {2, 8, true, true, /*bank_width=*/5}; });
  for (const auto& [name, options] : variants) {
    const auto head = Head(options);
    const HeadNeeds needs = head->needs();
    const HeadInput input = Input(needs.bank ? needs.bank->width : needs.relation_width);
    EXPECT_EQ(MrsnHeadParameters(options), CountOf(*head)) << name;
    Taps taps;
    const HeadOutput output = head->Forward(input, &taps);
    const reference::HeadResult expected = reference::Head(*head, options, input);
    EXPECT_TRUE(Close(output.G, ToTensor(expected.G), 1e-11)) << name;
    EXPECT_TRUE(Close(output.logits, ToTensor(expected.logits), 1e-11)) << name;
    EXPECT_EQ(output.G.size(1), head->needs().relation_width);
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

TEST_F(MrsnHeadTest, GradientsAreRight) {
  MrsnHeadOptions options = Small();
  options.long_term = {2, 8};
  const auto head = Head(options);
  HeadInput input = Input(24);
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

TEST_F(MrsnHeadTest, WithoutGradientsEqualsTheFrameworksModules) {
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
      const HeadInput input = FloatInput(clips, batch, head->needs().relation_width);
      const HeadOutput output = head->Forward(input), expected = plain->Forward(input);
      EXPECT_TRUE(Close(output.G, expected.G, 1e-5)) << name << ", clips " << input.clip_index;
      EXPECT_TRUE(Close(output.logits, expected.logits, 1e-5)) << name << ", clips " << input.clip_index;
    }
  }
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
  LoadGoldenWeights(head, RelationsGolden(), prefix);
  HeadInput input;
  input.features = RelationsGolden()[prefix + "in/feat"].clone().set_requires_grad(true);
  input.actors = RelationsGolden()[prefix + "in/roi"].clone().set_requires_grad(true);
  input.boxes = RelationsGolden()[prefix + "in/boxes"];
  input.clip_index = at::zeros({4}, at::kLong);
  if (options.long_term) {
    input.bank.features = RelationsGolden()[prefix + "in/bank"].clone().set_requires_grad(true);
    input.bank.offset =
        RelationsGolden()[prefix + "in/dist"] - options.long_term->window_seconds;  // stored as rows
    input.bank.clip_index = at::zeros({9}, at::kLong);
  }
  EXPECT_TRUE(at::equal(ActorCell(input.boxes, 8), RelationsGolden()[prefix + "cell"]));
  Taps taps;
  const HeadOutput output = head.Forward(input, &taps);
  EXPECT_TRUE(Close(output.logits, RelationsGolden()[prefix + "out"], 2e-5));
  EXPECT_TRUE(Close(output.G, RelationsGolden()[prefix + "G"], 2e-5));
  for (const auto& [name, tensor] : taps) {
    if (name == "X" || name == "Y") {
      EXPECT_TRUE(Close(tensor, RelationsGolden()[prefix + name], 2e-5)) << name;
    }
  }
  output.logits.backward(RelationsGolden()[prefix + "gout"]);
  ExpectGoldenGradients(head,
                        {{"feat", input.features}, {"roi", input.actors}, {"bank", input.bank.features}},
                        RelationsGolden(), prefix, 2e-5);
}

TEST_F(MrsnHeadTest, ShortTermHeadMatchesGolden) { CompareWithGolden("head_short/", GoldenOptions()); }

TEST_F(MrsnHeadTest, LongTermHeadMatchesGolden) {
  MrsnHeadOptions options = GoldenOptions();
  options.long_term = {2, 192};
  CompareWithGolden("head_long/", options);
}

}  // namespace
}  // namespace mrsn
