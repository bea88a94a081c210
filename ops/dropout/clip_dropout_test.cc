#include "ops/dropout/clip_dropout.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

constexpr uint64_t kSeed = 17;
constexpr double kP = 0.4;
constexpr char kLayer[] = "layer";

std::vector<uint64_t> SeedsOf(const std::vector<int64_t>& seconds) {
  std::vector<uint64_t> seeds;
  for (const int64_t second : seconds) seeds.push_back(ClipSeed(kSeed, "video", second));
  return seeds;
}

// Three clips with three, one and two rows; elsewhere the clips are the third and the first.
TEST(ClipDropoutTest, MasksFollowTheClips) {
  const at::Tensor x = at::rand({6, 3, 4, 4}) + 0.5;
  const at::Tensor clips = at::tensor({0, 2, 0, 1, 0, 2}, at::kLong);
  at::Tensor whole;
  {
    const ClipDropoutScope scope(SeedsOf({5, 6, 7}));
    whole = ClipDropout(x, clips, kLayer, kP, true);
  }
  const at::Tensor rows = at::tensor({0, 1, 2, 4, 5}, at::kLong);
  const ClipDropoutScope scope(SeedsOf({7, 5}));
  const at::Tensor part =
      ClipDropout(x.index_select(0, rows), at::tensor({1, 0, 1, 1, 0}, at::kLong), kLayer, kP, true);
  EXPECT_TRUE(at::equal(part, whole.index_select(0, rows)));
  EXPECT_GT((whole == 0).sum().item<int64_t>(), 0);
  EXPECT_TRUE(at::allclose(whole.masked_select(whole != 0), x.masked_select(whole != 0) / (1 - kP)));
}

TEST(ClipDropoutTest, TheLayoutOfARowDoesNotMatter) {
  const at::Tensor x = at::rand({4, 3, 5, 5}) + 0.5, clips = at::tensor({0, 0, 1, 1}, at::kLong);
  const ClipDropoutScope scope(SeedsOf({5, 6}));
  const at::Tensor expected = ClipDropout(x, clips, kLayer, kP, true);
  const at::Tensor found = ClipDropout(x.contiguous(at::MemoryFormat::ChannelsLast), clips, kLayer, kP, true);
  EXPECT_TRUE(at::equal(found, expected));
  EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_EQ(ClipDropout(x.to(at::kDouble), clips, kLayer, kP, true).scalar_type(), at::kDouble);
  EXPECT_EQ(ClipDropout(x.to(at::kBFloat16), clips, kLayer, kP, true).scalar_type(), at::kBFloat16);
}

double Correlation(const at::Tensor& a, const at::Tensor& b) {
  return ((a - a.mean()) * (b - b.mean())).mean().item<double>() / (a.std() * b.std()).item<double>();
}

// 40000 bits: the standard error of a mean is 0.0024, that of a correlation 0.005.
TEST(ClipDropoutTest, BitsAreAsGoodAsRandom) {
  const at::Tensor x = at::ones({40, 1000}), clips = at::zeros({40}, at::kLong);
  const auto mask = [&](int64_t second, const std::string& layer) {
    const ClipDropoutScope scope(SeedsOf({second}));
    return (ClipDropout(x, clips, layer, kP, true) != 0).to(at::kDouble);
  };
  const at::Tensor first = mask(5, "a"), other_layer = mask(5, "b"), other_clip = mask(6, "a");
  EXPECT_NEAR(first.mean().item<double>(), 1 - kP, 0.012);
  EXPECT_NEAR(Correlation(first, other_layer), 0, 0.025);
  EXPECT_NEAR(Correlation(first, other_clip), 0, 0.025);
  EXPECT_NEAR(Correlation(first.slice(0, 1), first.slice(0, 0, 39)), 0, 0.025) << "of neighbouring rows";
  EXPECT_NEAR(Correlation(first.slice(1, 1), first.slice(1, 0, 999)), 0, 0.025) << "within a row";
  EXPECT_NE(ClipSeed(kSeed, "video", 5), ClipSeed(kSeed + 1, "video", 5));
  EXPECT_NE(ClipSeed(kSeed, "video", 5), ClipSeed(kSeed, "vide0", 5));
}

TEST(ClipDropoutTest, LoopsAndTensorsGiveTheSameNumbers) {
  const std::vector<uint64_t> seeds = SeedsOf({5, 6, 7});
  const at::Tensor clips = at::tensor({2, 0, 2, 2, 1, 0}, at::kLong);
  const at::Tensor loops = clip_dropout::UniformByLoops(seeds, clips, 0x9876543210fedcbau, 100);
  EXPECT_TRUE(at::equal(clip_dropout::UniformByTensors(seeds, clips, 0x9876543210fedcbau, 100), loops));
  EXPECT_TRUE(((loops >= 0) & (loops < 1)).all().item<bool>());
  EXPECT_NEAR(loops.mean().item<double>(), 0.5, 0.06);  // five standard errors
}

TEST(ClipDropoutTest, GradientsPassTheSameMask) {
  const at::Tensor x = at::ones({2, 50}).requires_grad_();
  const ClipDropoutScope scope(SeedsOf({5, 6}));
  const at::Tensor y = ClipDropout(x, at::tensor({0, 1}, at::kLong), kLayer, kP, true);
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), y.detach()));
}

TEST(ClipDropoutTest, RowsThatAreChosenFollowTheClips) {
  const at::Tensor clips = at::tensor({0, 1, 0, 1}, at::kLong);
  at::Tensor whole;
  {
    const ClipDropoutScope scope(SeedsOf({5, 6}));
    whole = ClipUniform(clips, kLayer);
  }
  const ClipDropoutScope scope(SeedsOf({6}));
  const at::Tensor part = ClipUniform(at::zeros({2}, at::kLong), kLayer);
  EXPECT_TRUE(at::equal(part, whole.index_select(0, at::tensor({1, 3}, at::kLong))));
  EXPECT_EQ(part.scalar_type(), at::kFloat);
}

TEST(ClipDropoutTest, WithoutAScopeItIsDropout) {
  const at::Tensor x = at::rand({5, 7}), clips = at::zeros({5}, at::kLong);
  const auto plain = [&](double p, bool training) {
    at::manual_seed(kSeed);
    const at::Tensor expected = at::dropout(x, p, training);
    at::manual_seed(kSeed);
    return at::equal(ClipDropout(x, clips, kLayer, p, training), expected);
  };
  EXPECT_TRUE(plain(kP, true));
  {
    const ClipDropoutScope scope(SeedsOf({5}));
    EXPECT_FALSE(plain(kP, true));
    EXPECT_TRUE(plain(kP, false)) << "inference";
    EXPECT_TRUE(plain(0, true));
    EXPECT_TRUE(plain(1, true));
    const ClipDropoutScope none{ClipDropoutScope::Seeds()};
    EXPECT_TRUE(plain(kP, true)) << "the inner scope is none";
  }
  EXPECT_TRUE(plain(kP, true)) << "the scope has ended";
  at::manual_seed(kSeed);
  const at::Tensor expected = at::rand({5});
  at::manual_seed(kSeed);
  EXPECT_TRUE(at::equal(ClipUniform(clips, kLayer), expected));
}

TEST(ClipDropoutTest, RowsOfOtherClipsAreRefused) {
  const ClipDropoutScope scope(SeedsOf({5}));
  EXPECT_THROW(ClipDropout(at::ones({2, 3}), at::tensor({0, 1}, at::kLong), kLayer, kP, true), c10::Error);
  EXPECT_THROW(ClipDropout(at::ones({2, 3}), at::tensor({0}, at::kLong), kLayer, kP, true), c10::Error);
}

}  // namespace
}  // namespace mrsn::ops
