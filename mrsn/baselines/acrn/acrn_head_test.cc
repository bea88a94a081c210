// ACRN's head against plain loops, the public code's tensors, and invariances.
#include "mrsn/baselines/acrn/acrn_head.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/baselines/testing/golden.h"
#include "mrsn/baselines/testing/head_test.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 3;

AcrnHeadOptions Small() {
  AcrnHeadOptions options;
  options.channels = kChannels;
  options.classes = 4;
  options.width = 5;
  options.layers = 2;
  return options;
}

// Batch norm with statistics that are not 0 and 1.
std::shared_ptr<AcrnHead> Head(const AcrnHeadOptions& options) {
  const auto head = Scrambled(std::make_shared<AcrnHead>(options));
  for (const auto& buffer : head->named_buffers()) {
    at::Tensor value = buffer.value();
    if (buffer.key().find("running_mean") != std::string::npos) value.copy_(Random(value.sizes()));
    if (buffer.key().find("running_var") != std::string::npos) value.copy_(at::rand_like(value) + 0.5);
  }
  return head;
}

// One person, one output channel, one cell after the other.
at::Tensor ReferenceLogits(const AcrnHead& head, const AcrnHeadOptions& options, const HeadInput& input) {
  const auto weights = head.named_parameters(), buffers = head.named_buffers();
  const int64_t persons = input.clip_index.size(0), h = input.features.size(2), w = input.features.size(3);
  at::Tensor logits = at::zeros({persons, options.classes}, at::kDouble);
  for (int64_t n = 0; n < persons; ++n) {
    at::Tensor map = at::zeros({2 * kChannels, h, w}, at::kDouble);
    for (int64_t c = 0; c < kChannels; ++c) {
      for (int64_t y = 0; y < h; ++y) {
        for (int64_t x = 0; x < w; ++x) {
          map[c][y][x] = input.actors[n][c].max();
          map[kChannels + c][y][x] = input.features[input.clip_index[n].item<int64_t>()][c][y][x];
        }
      }
    }
    for (int64_t layer = 0; layer <= options.layers; ++layer) {
      const std::string name = "relation" + std::to_string(layer);
      const auto weight = weights[name + ".weight"].accessor<double, 4>();
      const auto in = map.accessor<double, 3>();
      at::Tensor next = at::zeros({options.width, h, w}, at::kDouble);
      auto out = next.accessor<double, 3>();
      const int64_t reach = layer == 0 ? 0 : 1;
      for (int64_t o = 0; o < options.width; ++o) {
        const auto norm = [&](const char* what) {
          const std::string key = name + "_norm." + what;
          return (weights.contains(key) ? weights[key] : buffers[key])[o].item<double>();
        };
        const double scale = norm("weight") / std::sqrt(norm("running_var") + 1e-5);
        const double shift = norm("bias") - norm("running_mean") * scale;
        for (int64_t y = 0; y < h; ++y) {
          for (int64_t x = 0; x < w; ++x) {
            double sum = 0;
            for (int64_t i = 0; i < map.size(0); ++i) {
              for (int64_t dy = -reach; dy <= reach; ++dy) {
                for (int64_t dx = -reach; dx <= reach; ++dx) {
                  if (y + dy < 0 || y + dy >= h || x + dx < 0 || x + dx >= w) continue;
                  sum += weight[o][i][dy + reach][dx + reach] * in[i][y + dy][x + dx];
                }
              }
            }
            out[o][y][x] = std::max(sum * scale + shift, 0.0);
          }
        }
      }
      map = next;
    }
    for (int64_t k = 0; k < options.classes; ++k) {
      double sum = weights["classifier.bias"][k].item<double>();
      for (int64_t o = 0; o < options.width; ++o) {
        sum += weights["classifier.weight"][k][o].item<double>() * map[o].max().item<double>();
      }
      logits[n][k] = sum;
    }
  }
  return logits;
}

using AcrnHeadTest = HeadTest;

TEST_F(AcrnHeadTest, EqualsThePlainLoops) {
  for (int64_t layers : {1, 2}) {
    AcrnHeadOptions options = Small();
    options.layers = layers;
    const auto head = Head(options);
    const HeadInput input = RandomHeadInput(kChannels, 1);
    const HeadOutput output = head->Forward(input);
    at::NoGradGuard no_grad;
    EXPECT_TRUE(Close(output.logits, ReferenceLogits(*head, options, input), 1e-11));
    EXPECT_EQ(output.G.size(1), head->needs().relation_width);
    EXPECT_FALSE(head->needs().bank.has_value());
  }
}

TEST_F(AcrnHeadTest, GradientsAreRight) {
  ExpectHeadGradientsRight(*Head(Small()), RandomHeadInput(kChannels, 1), false, false);
}

TEST_F(AcrnHeadTest, ClipsDoNotInfluenceEachOtherNorDoesOrder) {
  const auto head = Head(Small());
  const HeadInput input = RandomHeadInput(kChannels, 1);
  ExpectClipsDoNotInfluenceEachOther(*head, input);
  ExpectOrderDoesNotMatter(*head, input);
}

// A batch of clips of two sizes: one backward pass after two forward passes.
TEST_F(AcrnHeadTest, TrainsOnClipsOfTwoSizes) {
  const auto head = Head(Small());
  head->train();
  const at::Tensor first = head->Forward(RandomHeadInput(kChannels, 1)).logits;
  const at::Tensor second = head->Forward(RandomHeadInput(kChannels, 2)).logits;
  (first.sum() + second.sum()).backward();
  for (const auto& parameter : head->named_parameters()) {
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
  }
}

// Dropout hits cells of the map, before the largest is taken: in training, one that
// was not the largest may come through.
TEST_F(AcrnHeadTest, DropsOutBeforePooling) {
  AcrnHeadOptions options = Small();
  options.classes = options.width;
  options.dropout = 0.9;
  AcrnHead head(options);
  at::NoGradGuard no_grad;
  for (auto& parameter : head.named_parameters()) {
    if (parameter.key() == "classifier.weight") parameter.value().copy_(at::eye(options.width));
  }
  HeadInput input = RandomHeadInput(kChannels, 1);
  input.features = input.features.to(at::kFloat);
  input.actors = input.actors.to(at::kFloat);
  Taps taps;
  const HeadOutput output = head.Forward(input, &taps);
  const at::Tensor cells = TapNamed(taps, "relations").flatten(2) / 0.1;  // what survives is scaled by 10
  int64_t other_cell = 0;
  for (int64_t n = 0; n < 7; ++n) {
    for (int64_t c = 0; c < options.width; ++c) {
      const float kept = output.logits[n][c].item<float>();
      if (kept == 0) continue;
      EXPECT_LT((cells[n][c] - kept).abs().min().item<float>(), 1e-4 * kept);
      other_cell += kept < 0.999 * cells[n][c].max().item<float>();
    }
  }
  EXPECT_GT(other_cell, 0);
}

TEST_F(AcrnHeadTest, MatchesGolden) {
  const std::string name = "acrn/";
  const PublicNames names = {"mmaction2", "roi_head.shared_head.", "head."};
  AcrnHeadOptions options;
  options.channels = 24;
  options.width = 12;
  AcrnHead head(options);
  head.eval();
  EXPECT_EQ(LoadGolden(head, name, names),
            (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
  HeadInput input;
  const at::Tensor roi = Golden()[name + "in/roi"].clone().set_requires_grad(true);
  const at::Tensor features = Golden()[name + "in/feat"].clone().set_requires_grad(true);
  input.actors = roi.squeeze(2);
  input.features = features.squeeze(2);
  input.clip_index = Golden()[name + "in/rois"].select(1, 0).to(at::kLong);
  Taps taps;
  head.Forward(input, &taps);
  const at::Tensor out = TapNamed(taps, "relations");
  EXPECT_TRUE(Close(out, Golden()[name + "out"].squeeze(2), 2e-5));
  out.backward(Golden()[name + "gout"].squeeze(2));
  ExpectGoldenGradients(head, {{"roi", roi}, {"feat", features}}, name, names, 5e-5);
}

}  // namespace
}  // namespace mrsn::baselines
