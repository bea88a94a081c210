// HR2O and ACAR's head against plain loops, the public code's tensors, and invariances.
#include "mrsn/baselines/acar/acar_head.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/baselines/testing/golden.h"
#include "mrsn/baselines/testing/head_test.h"
#include "ops/roi_align/roi_align.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 5;

AcarHeadOptions Small() {
  AcarHeadOptions options;
  options.channels = kChannels;
  options.classes = 4;
  options.reduced_width = 6;
  options.width = 3;
  options.bank_grid = 2;
  return options;
}

AcarHeadOptions SmallWithBank() {
  AcarHeadOptions options = Small();
  options.output_kernel = 1;
  options.depth = 1;
  options.long_term = {2, 2};
  return options;
}

// ---- The definition once more, in loops: maps are [c][y][x] of one person.

using Map = std::vector<std::vector<std::vector<double>>>;
using Maps = std::vector<Map>;

Map Zeros(size_t c, size_t h, size_t w) {
  return Map(c, std::vector<std::vector<double>>(h, std::vector<double>(w, 0.0)));
}

Maps FromTensor(const at::Tensor& tensor) {  // [N,c,h,w]
  Maps maps;
  const auto t = tensor.accessor<double, 4>();
  for (int64_t n = 0; n < tensor.size(0); ++n) {
    maps.push_back(Zeros(tensor.size(1), tensor.size(2), tensor.size(3)));
    for (int64_t c = 0; c < tensor.size(1); ++c) {
      for (int64_t y = 0; y < tensor.size(2); ++y) {
        for (int64_t x = 0; x < tensor.size(3); ++x) maps[n][c][y][x] = t[n][c][y][x];
      }
    }
  }
  return maps;
}

class Reference {
 public:
  Reference(const torch::nn::Module& module, const AcarHeadOptions& options) : options_(options) {
    for (const auto& parameter : module.named_parameters()) weights_[parameter.key()] = parameter.value();
  }

  // Zeros beyond the map; padding 0 leaves out the border.
  Map Conv(const std::string& name, const Map& in, int64_t padding) const {
    const at::Tensor weight = weights_.at(name + ".weight").detach();
    const auto w = weight.accessor<double, 4>();
    const int64_t k = weight.size(2), h = in[0].size(), width = in[0][0].size();
    Map out = Zeros(weight.size(0), h + 2 * padding - k + 1, width + 2 * padding - k + 1);
    for (size_t o = 0; o < out.size(); ++o) {
      for (size_t y = 0; y < out[0].size(); ++y) {
        for (size_t x = 0; x < out[0][0].size(); ++x) {
          for (size_t i = 0; i < in.size(); ++i) {
            for (int64_t dy = 0; dy < k; ++dy) {
              for (int64_t dx = 0; dx < k; ++dx) {
                const int64_t sy = static_cast<int64_t>(y) + dy - padding,
                              sx = static_cast<int64_t>(x) + dx - padding;
                if (sy < 0 || sx < 0 || sy >= h || sx >= width) continue;
                out[o][y][x] += w[o][i][dy][dx] * in[i][sy][sx];
              }
            }
          }
        }
      }
    }
    return out;
  }

  Map HighOrder(const std::string& layer, const Map& map, const Maps& others) const {
    if (others.empty()) return map;
    const Map q = Conv(layer + ".query", map, options_.kernel / 2);
    Maps k, v;
    for (const Map& other : others) {
      k.push_back(Conv(layer + ".key", other, options_.kernel / 2));
      v.push_back(Conv(layer + ".value", other, options_.kernel / 2));
    }
    const size_t c = q.size(), h = q[0].size(), w = q[0][0].size();
    Map sum = Zeros(c, h, w);
    double mean = 0, variance = 0, count = static_cast<double>(c * h * w);
    for (size_t y = 0; y < h; ++y) {
      for (size_t x = 0; x < w; ++x) {
        std::vector<double> score(others.size(), 0.0);
        double total = 0;
        for (size_t m = 0; m < others.size(); ++m) {
          for (size_t i = 0; i < c; ++i) score[m] += q[i][y][x] * k[m][i][y][x];
          total += score[m] = std::exp(score[m] / std::sqrt(static_cast<double>(c)));
        }
        for (size_t i = 0; i < c; ++i) {
          for (size_t m = 0; m < others.size(); ++m) sum[i][y][x] += score[m] / total * v[m][i][y][x];
          mean += sum[i][y][x] / count;
        }
      }
    }
    const auto each = [&](const std::function<void(size_t, double&)>& f) {
      for (size_t i = 0; i < c; ++i) {
        for (auto& row : sum[i]) {
          for (double& value : row) f(i, value);
        }
      }
    };
    each([&](size_t, double& value) { variance += (value - mean) * (value - mean) / count; });
    const at::Tensor scale = weights_.at(layer + ".norm.weight"), shift = weights_.at(layer + ".norm.bias");
    each([&](size_t i, double& value) {
      value = (value - mean) / std::sqrt(variance + 1e-5) * scale[i].item<double>() + shift[i].item<double>();
      value = std::max(value, 0.0);
    });
    Map result = Conv(layer + ".output", sum, options_.output_kernel / 2);
    for (size_t i = 0; i < c; ++i) {
      for (size_t y = 0; y < h; ++y) {
        for (size_t x = 0; x < w; ++x) result[i][y][x] += map[i][y][x];
      }
    }
    return result;
  }

  // Logits [N][K].
  at::Tensor Logits(const HeadInput& input) const {
    const int64_t persons = input.clip_index.size(0);
    const auto clip = [&](int64_t n) { return input.clip_index[n].item<int64_t>(); };
    const Maps features = FromTensor(input.features), rois = FromTensor(input.actors);
    std::vector<std::vector<double>> actors;
    Maps maps;
    for (int64_t n = 0; n < persons; ++n) {
      const Map roi = Conv("reduce", rois[n], 0);  // a 1x1 convolution commutes with RoIAlign
      std::vector<double> actor;
      for (const auto& channel : roi) {
        double largest = channel[0][0];
        for (const auto& row : channel) {
          for (double value : row) largest = std::max(largest, value);
        }
        actor.push_back(largest);
      }
      actors.push_back(actor);
      Map both = Conv("reduce", features[clip(n)], 0);
      const size_t h = both[0].size(), w = both[0][0].size();
      for (double value : actor) {
        both.push_back(std::vector<std::vector<double>>(h, std::vector<double>(w, value)));
      }
      const Map mixed = Conv("mix", Positive(Conv("relate", both, 0)), 0);
      maps.push_back(Pooled(Positive(mixed)));
    }
    for (int64_t layer = 0; layer < options_.depth; ++layer) {
      Maps next;
      for (int64_t n = 0; n < persons; ++n) {
        Maps same_clip;
        for (int64_t m = 0; m < persons; ++m) {
          if (clip(m) == clip(n)) same_clip.push_back(maps[m]);
        }
        next.push_back(HighOrder("hr2o" + std::to_string(layer), maps[n], same_clip));
      }
      maps = next;
    }
    for (int64_t layer = 0; options_.long_term && layer < options_.long_term->depth; ++layer) {
      for (int64_t n = 0; n < persons; ++n) {
        Maps window;
        for (int64_t m = 0; m < input.bank.features.size(0); ++m) {
          if (input.bank.clip_index[m].item<int64_t>() != clip(n)) continue;
          window.push_back(FromBank(input.bank.features[m], maps[n][0].size(), maps[n][0][0].size()));
        }
        maps[n] = HighOrder("long_term_hr2o" + std::to_string(layer), maps[n], window);
      }
    }
    at::Tensor logits = at::zeros({persons, options_.classes}, at::kDouble);
    const at::Tensor actor_weight = weights_.at("actor.weight").detach(),
                     classifier = weights_.at("classifier.weight").detach();
    for (int64_t n = 0; n < persons; ++n) {
      std::vector<double> consensus;
      for (int64_t i = 0; i < options_.width; ++i) {
        double sum = 0;
        for (size_t r = 0; r < actors[n].size(); ++r) sum += actor_weight[i][r].item<double>() * actors[n][r];
        consensus.push_back(std::max(sum, 0.0));
      }
      for (const auto& channel : maps[n]) {
        double sum = 0;
        for (const auto& row : channel) {
          for (double value : row) sum += value / static_cast<double>(channel.size() * row.size());
        }
        consensus.push_back(sum);
      }
      for (int64_t k = 0; k < options_.classes; ++k) {
        double sum = 0;
        for (size_t i = 0; i < consensus.size(); ++i) sum += classifier[k][i].item<double>() * consensus[i];
        logits[n][k] = sum;
      }
    }
    return logits;
  }

 private:
  static Map Positive(Map map) {
    for (auto& channel : map) {
      for (auto& row : channel) {
        for (double& value : row) value = std::max(value, 0.0);
      }
    }
    return map;
  }

  // 3 x 3 windows around every other cell.
  static Map Pooled(const Map& map) {
    const int64_t h = map[0].size(), w = map[0][0].size();
    Map pooled = Zeros(map.size(), (h + 1) / 2, (w + 1) / 2);  // ReLU's results are >= 0
    for (size_t c = 0; c < map.size(); ++c) {
      for (int64_t y = 0; y < h; ++y) {
        for (int64_t x = 0; x < w; ++x) {
          for (int64_t py = y / 2; py <= (y + 1) / 2; ++py) {
            for (int64_t px = x / 2; px <= (x + 1) / 2; ++px) {
              if (py < (h + 1) / 2 && px < (w + 1) / 2) {
                pooled[c][py][px] = std::max(pooled[c][py][px], map[c][y][x]);
              }
            }
          }
        }
      }
    }
    return pooled;
  }

  Map FromBank(const at::Tensor& entry, size_t h, size_t w) const {
    const int64_t grid = options_.bank_grid;
    Map map = Zeros(options_.width, h, w);
    for (int64_t c = 0; c < options_.width; ++c) {
      for (size_t y = 0; y < h; ++y) {
        for (size_t x = 0; x < w; ++x) {
          map[c][y][x] = entry[(c * grid + y * grid / h) * grid + x * grid / w].item<double>();
        }
      }
    }
    return map;
  }

  AcarHeadOptions options_;
  std::map<std::string, at::Tensor> weights_;
};

using AcarHeadTest = HeadTest;

TEST_F(AcarHeadTest, EveryVariantEqualsThePlainLoops) {
  AcarHeadOptions small_kernel = Small();
  small_kernel.kernel = 1;
  small_kernel.depth = 3;
  AcarHeadOptions exact_grid = SmallWithBank();
  exact_grid.bank_grid = 3;  // the 6 x 7 map gives 2 x 3 cells: neither equal nor smaller
  for (const AcarHeadOptions& options : {Small(), small_kernel, SmallWithBank(), exact_grid}) {
    const auto head = Scrambled(std::make_shared<AcarHead>(options));
    const HeadInput input = RandomHeadInput(kChannels, head->needs().relation_width);
    EXPECT_TRUE(Close(head->Forward(input).logits, Reference(*head, options).Logits(input), 1e-10));
  }
}

TEST_F(AcarHeadTest, GradientsAreRight) {
  const auto head = Scrambled(std::make_shared<AcarHead>(SmallWithBank()));
  ExpectHeadGradientsRight(*head, RandomHeadInput(kChannels, head->needs().relation_width), true, false);
}

TEST_F(AcarHeadTest, ClipsDoNotInfluenceEachOtherNorDoesOrder) {
  const auto head = Scrambled(std::make_shared<AcarHead>(SmallWithBank()));
  const HeadInput input = RandomHeadInput(kChannels, head->needs().relation_width);
  ExpectClipsDoNotInfluenceEachOther(*head, input);
  ExpectOrderDoesNotMatter(*head, input);
}

// Clip 1's window is empty in RandomHeadInput; so is everybody's without a bank.
TEST_F(AcarHeadTest, AnEmptyWindowLeavesShortTermRelationsAsTheyAre) {
  const auto head = Scrambled(std::make_shared<AcarHead>(SmallWithBank()));
  HeadInput input = RandomHeadInput(kChannels, head->needs().relation_width);
  const at::Tensor with_bank = head->Forward(input).logits;
  input.bank = {};
  const at::Tensor without = head->Forward(input).logits;
  EXPECT_TRUE(Close(with_bank[3], without[3], 1e-12));
  EXPECT_FALSE(Close(with_bank[0], without[0], 1e-3));
  input.bank = {Random({0, head->needs().relation_width}), at::empty({0}, at::kLong),
                at::empty({0}, at::kLong)};
  EXPECT_TRUE(at::equal(head->Forward(input).logits, without));
}

// What a model without bank stores is what one with a bank reads.
TEST_F(AcarHeadTest, TheBankHoldsFirstOrderRelations) {
  const auto writer = Scrambled(std::make_shared<AcarHead>(Small()));
  const auto reader = Scrambled(std::make_shared<AcarHead>(SmallWithBank()));
  EXPECT_EQ(writer->needs().relation_width, 3 * 2 * 2);
  EXPECT_EQ(writer->needs().relation_width, reader->needs().bank->width);
  EXPECT_FALSE(writer->needs().bank.has_value());
  EXPECT_EQ(reader->needs().bank->radius, 2);
  HeadInput input = RandomHeadInput(kChannels, reader->needs().bank->width);
  Taps taps;
  const HeadOutput output = writer->Forward(input, &taps);
  const at::Tensor relations = TapNamed(taps, "relations");  // [7,3,2,3]
  ASSERT_EQ(relations.sizes(), (at::IntArrayRef{7, 3, 2, 3}));
  // Columns 0, 1 and 1, 2 of the three average to the two of the grid.
  const at::Tensor left = relations.slice(3, 0, 2).mean(3), right = relations.slice(3, 1, 3).mean(3);
  EXPECT_TRUE(Close(output.G, at::stack({left, right}, 3).flatten(1), 1e-12));
}

TEST_F(AcarHeadTest, DropsOutInTrainingOnly) {
  AcarHeadOptions with = SmallWithBank(), classifier_only = Small();
  classifier_only.relation_dropout = 0;
  classifier_only.dropout = 0.5;
  for (const AcarHeadOptions& options : {with, classifier_only}) {
    AcarHeadOptions none = options;
    none.relation_dropout = none.dropout = 0;
    ExpectDropoutInTrainingOnly(*Scrambled(std::make_shared<AcarHead>(options)),
                                *Scrambled(std::make_shared<AcarHead>(none)),
                                RandomHeadInput(kChannels, 3 * 2 * 2));
  }
}

TEST_F(AcarHeadTest, RefusesWhatDoesNotFit) {
  const auto head = Scrambled(std::make_shared<AcarHead>(SmallWithBank()));
  HeadInput input = RandomHeadInput(kChannels, head->needs().relation_width + 1);
  EXPECT_THROW(head->Forward(input), c10::Error);
  input.bank = {};
  EXPECT_NO_THROW(head->Forward(input));
  HeadInput small = input;
  small.features = Random({5, kChannels, 2, 7});
  EXPECT_THROW(head->Forward(small), c10::Error);
  input.roi_align = nullptr;
  EXPECT_THROW(head->Forward(input), c10::Error);
  EXPECT_THROW(Hr2o({4, 2, 1, 0}), c10::Error);
}

// ---- The public code's tensors

const PublicNames kNames = {"acar", "head.module.", "head."};

TEST_F(AcarHeadTest, Hr2oMatchesGolden) {
  for (const std::string name : {"hr2o_single_actor/", "hr2o_4actors/"}) {
    Hr2o hr2o({8, 3, 3, 0.2});
    hr2o.eval();
    const PublicNames names = {"acar", "head.module.hr2o.0.", "head.hr2o0."};
    EXPECT_TRUE(LoadGolden(hr2o, name, names).empty());
    const at::Tensor x = Golden()[name + "in/x"].clone().set_requires_grad(true);
    const at::Tensor out = hr2o.Forward(x, x, at::ones({x.size(0), x.size(0)}, at::kBool));
    EXPECT_TRUE(Close(out, Golden()[name + "out"], 2e-5));
    out.backward(Golden()[name + "gout"]);
    ExpectGoldenGradients(hr2o, {{"x", x}}, name, names, 5e-5);
  }
}

void CompareWithGolden(const std::string& name, int64_t depth, int64_t output_kernel) {
  AcarHeadOptions options;
  options.channels = 24;
  options.classes = 11;
  options.reduced_width = 16;
  options.width = 8;
  options.depth = depth;
  options.output_kernel = output_kernel;
  AcarHead head(options);
  head.eval();
  EXPECT_TRUE(LoadGolden(head, name, kNames).empty());
  HeadInput input;
  input.features = Golden()[name + "in/feat"].clone().set_requires_grad(true);
  const at::Tensor rois = Golden()[name + "in/rois"];  // clip, corners in [0,1]
  input.clip_index = rois.select(1, 0).to(at::kLong);
  const int64_t h = input.features.size(2), w = input.features.size(3);
  const at::Tensor cells = rois.slice(1, 1) * at::tensor({w, h, w, h}, at::kFloat);
  input.roi_align = [&](const at::Tensor& map) {
    ops::RoiAlignOptions roi;
    roi.spatial_scale = 1;
    roi.aligned = false;  // as the public code calls torchvision
    return ops::RoiAlign(map, cells, input.clip_index, roi);
  };
  const at::Tensor logits = head.Forward(input).logits;
  EXPECT_TRUE(Close(logits, Golden()[name + "out"], 2e-5));
  logits.backward(Golden()[name + "gout"]);
  // The last layer's queries have gradients so small (1e-4) that float32 rounds them to 1e-4 of that.
  ExpectGoldenGradients(head, {{"feat", input.features}}, name, kNames, 2e-4);
}

TEST_F(AcarHeadTest, R50ConfigurationMatchesGolden) { CompareWithGolden("acar_depth2/", 2, 3); }
TEST_F(AcarHeadTest, R101ConfigurationMatchesGolden) { CompareWithGolden("acar_depth1_mlp1x1/", 1, 1); }

}  // namespace
}  // namespace mrsn::baselines
