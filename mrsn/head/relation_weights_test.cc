// The weights against plain loops over Eq. 6.
#include "mrsn/head/relation_weights.h"

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/testing/head_input.h"
#include "mrsn/testing/reference.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/tap_named.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

using reference::FromTensor;
using reference::Matrix;
using reference::Row;

constexpr int64_t kChannels = 6;

MrsnHeadOptions Small() {
  MrsnHeadOptions options;
  options.channels = kChannels;
  options.classes = 5;
  options.support_size = 8;
  options.patch_size = 4;
  options.mrse = {/*width=*/8, /*heads=*/2, /*hidden=*/12, 1, 1, 1};
  options.long_term = {2, 16};
  return options;
}

// Of row `of` of in_proj_weight and in_proj_bias applied to a token.
double Projected(const reference::Weights& attention, size_t of, const Row& token) {
  double sum = attention.At("in_proj_bias")[0][of];
  for (size_t i = 0; i < token.size(); ++i) sum += attention.At("in_proj_weight")[of][i] * token[i];
  return sum;
}

// Softmax weights of query x for those keys y that it sees, averaged over two heads; 0 for the others.
Row WeightsOf(const reference::Weights& attention, const Row& x, const Matrix& y,
              const std::function<bool(size_t)>& sees) {
  const size_t inner = attention.At("in_proj_weight").size() / 3, width = inner / 2;
  Row mean(y.size(), 0);
  for (size_t head = 0; head < 2; ++head) {
    Row terms(y.size(), 0);
    double sum = 0;
    for (size_t s = 0; s < y.size(); ++s) {
      if (!sees(s)) continue;
      double score = 0;
      for (size_t e = head * width; e < (head + 1) * width; ++e) {
        score += Projected(attention, e, x) * Projected(attention, inner + e, y[s]);
      }
      sum += terms[s] = std::exp(score / std::sqrt(static_cast<double>(width)));
    }
    for (size_t s = 0; s < y.size() && sum > 0; ++s) mean[s] += terms[s] / sum / 2;
  }
  return mean;
}

void ExpectNear(const at::Tensor& row, const Row& expected, size_t from = 0) {
  ASSERT_EQ(row.size(0), static_cast<int64_t>(expected.size() - from));
  for (int64_t i = 0; i < row.size(0); ++i) EXPECT_NEAR(row[i].item<double>(), expected[from + i], 1e-9) << i;
}

class RelationWeightsTest : public SeededTest {
 protected:
  RelationWeights Compute(const MrsnHeadOptions& options) {
    head_ = Scrambled(std::make_shared<MrsnHead>(options), 0.5);
    input_ = RandomHeadInput(kChannels, head_->needs().relation_width);
    SetRois(&input_, 7);
    Taps taps;
    head_->Forward(input_, &taps);
    taps_ = taps;
    return RelationWeightsOf(*head_, input_, taps);
  }
  int64_t ClipOf(int64_t person) { return input_.clip_index[person].item<int64_t>(); }

  std::shared_ptr<MrsnHead> head_;
  HeadInput input_;
  Taps taps_;
};

TEST_F(RelationWeightsTest, OfHeadsThatDepartFromThePaper) {
  MrsnHeadOptions options = Small();
  options.mrse.residual = Residual::kPreNorm;
  options.position_in_acre = true;
  options.position_in_aare = false;
  options.long_term->own_second = false;
  const RelationWeights weights = Compute(options);
  const reference::Weights all(*head_);
  const at::Tensor context = TapNamed(taps_, "R_context"), cell = ActorCell(input_.boxes, 2);
  const Matrix actors = FromTensor(TapNamed(taps_, "R_actor")), cells = all.At("acre_position.embedding");
  Matrix persons;
  for (int64_t n = 0; n < 7; ++n) {
    const reference::Weights norm = all.In("mrse0.acre.layer0.attention_norm.");
    const Row placed = reference::Add(actors[n], cells[cell[n].item<int64_t>()]);
    Matrix keys = {reference::LayerNorm(norm, reference::Add(placed, all.At("embedder.actor_embedding")[0]))};
    for (const Row& token : FromTensor(context[ClipOf(n)])) keys.push_back(reference::LayerNorm(norm, token));
    const Row expected =
        WeightsOf(all.In("mrse0.acre.layer0.attention."), keys[0], keys, [](size_t) { return true; });
    ExpectNear(weights.context[n], expected, 1);
    persons.push_back(reference::LayerNorm(all.In("mrse0.aare.layer0.attention_norm."), actors[n]));
  }
  for (int64_t n = 0; n < 7; ++n) {
    ExpectNear(weights.persons[n], WeightsOf(all.In("mrse0.aare.layer0.attention."), persons[n], persons,
                                             [&](size_t s) { return ClipOf(s) == ClipOf(n); }));
  }
  EXPECT_EQ(weights.entries[0][2].item<double>(), 0) << "the own second";
  EXPECT_NEAR(weights.entries[0].sum().item<double>(), 1, 1e-12);
}

TEST_F(RelationWeightsTest, OfACREAreThoseOfTheOwnClipsContext) {
  const RelationWeights weights = Compute(Small());
  const reference::Weights all(*head_);
  const at::Tensor context = TapNamed(taps_, "R_context");  // [B,4,8]
  const Matrix actors = FromTensor(TapNamed(taps_, "R_actor"));
  ASSERT_EQ(weights.context.sizes(), at::IntArrayRef({7, 4}));
  for (int64_t n = 0; n < 7; ++n) {
    Matrix keys = {reference::Add(actors[n], all.At("embedder.actor_embedding")[0])};
    for (const Row& token : FromTensor(context[ClipOf(n)])) keys.push_back(token);
    const Row expected =
        WeightsOf(all.In("mrse0.acre.layer0.attention."), keys[0], keys, [](size_t) { return true; });
    ExpectNear(weights.context[n], expected, 1);
    EXPECT_LT(weights.context[n].sum().item<double>(), 1);
  }
}

TEST_F(RelationWeightsTest, OfAAREAreThoseOfTheClipsPersons) {
  const RelationWeights weights = Compute(Small());
  const reference::Weights all(*head_);
  const Matrix actors = FromTensor(TapNamed(taps_, "R_actor"));
  const Matrix cells = all.At("actor_position.embedding");
  const at::Tensor cell = ActorCell(input_.boxes, 2);
  Matrix tokens;
  for (int64_t n = 0; n < 7; ++n) tokens.push_back(reference::Add(actors[n], cells[cell[n].item<int64_t>()]));
  for (int64_t n = 0; n < 7; ++n) {
    ExpectNear(weights.persons[n], WeightsOf(all.In("mrse0.aare.layer0.attention."), tokens[n], tokens,
                                             [&](size_t s) { return ClipOf(s) == ClipOf(n); }));
  }
  // The only person of the second clip.
  EXPECT_EQ(weights.persons[3][3].item<double>(), 1);
}

TEST_F(RelationWeightsTest, OfTheBankAreThoseOfTheClipsWindow) {
  const RelationWeights weights = Compute(Small());
  const reference::Weights all(*head_);
  const Matrix G = FromTensor(TapNamed(taps_, "G")), features = FromTensor(input_.bank.features);
  const Matrix distances = all.At("long_term.distance_embedding");
  Matrix keys;
  for (size_t m = 0; m < features.size(); ++m) {
    keys.push_back(reference::Add(features[m], distances[input_.bank.offset[m].item<int64_t>() + 2]));
  }
  for (int64_t n = 0; n < 7; ++n) {
    ExpectNear(weights.entries[n], WeightsOf(all.In("long_term.attention."), G[n], keys, [&](size_t m) {
                 return input_.bank.clip_index[m].item<int64_t>() == ClipOf(n);
               }));
  }
  EXPECT_EQ(weights.entries[3].abs().sum().item<double>(), 0);  // an empty window
}

TEST_F(RelationWeightsTest, WhatTheHeadLacksIsUndefined) {
  MrsnHeadOptions options = Small();
  options.mrse.acre_layers = options.mrse.rse_layers = 0;
  options.long_term.reset();
  const RelationWeights weights = Compute(options);
  EXPECT_FALSE(weights.context.defined());
  EXPECT_TRUE(weights.persons.defined());
  EXPECT_FALSE(weights.entries.defined());
  EXPECT_THROW(RelationWeightsOf(*head_, input_, {}), c10::Error);
}

}  // namespace
}  // namespace mrsn
