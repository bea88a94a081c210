#include "eval/average_precision.h"

#include <cmath>

#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

// Four detections, hit miss hit miss, four boxes:
// precision 1, 1/2, 2/3, 1/2; recall 1/4, 1/4, 1/2, 1/2.
const std::vector<uint8_t> kHits = {1, 0, 1, 0};

TEST(AveragePrecisionTest, EveryPointSumsTheEnvelope) {
  // Steps of 1/4 at precision 1 and 2/3.
  EXPECT_NEAR(*AveragePrecision(ApKind::kEveryPoint, kHits, 4), 0.25 + 0.25 * 2 / 3, 1e-15);
  // The envelope: miss then two hits has precision 0, 1/2, 2/3; the first hit counts 2/3.
  EXPECT_NEAR(*AveragePrecision(ApKind::kEveryPoint, {0, 1, 1}, 2), 2.0 / 3, 1e-15);
}

TEST(AveragePrecisionTest, ElevenPointsAtTenths) {
  // r = 0, .1, .2: 1; r = .3, .4, .5: 2/3; beyond: 0.
  EXPECT_NEAR(*AveragePrecision(ApKind::kElevenPoint, kHits, 4), (3 + 3 * 2.0 / 3) / 11, 1e-15);
  // Recall 3/10 = 0.3 is less than 3 * 0.1 = 0.30000000000000004 in double:
  // only r = 0, .1, .2 are reached.
  EXPECT_NEAR(*AveragePrecision(ApKind::kElevenPoint, {1, 1, 1}, 10), 3.0 / 11, 1e-15);
}

TEST(AveragePrecisionTest, TrapezoidHasNoEnvelope) {
  // From (0, 1): 1/4 * (1 + 1) / 2, nothing at the miss, 1/4 * (1/2 + 2/3) / 2.
  EXPECT_NEAR(*AveragePrecision(ApKind::kTrapezoid, kHits, 4), 0.25 + 0.25 * (0.5 + 2.0 / 3) / 2, 1e-7);
  // The value is a float32.
  const double ap = *AveragePrecision(ApKind::kTrapezoid, kHits, 7);
  EXPECT_EQ(ap, static_cast<float>(ap));
}

TEST(AveragePrecisionTest, WithoutGroundTruthOrDetections) {
  for (ApKind kind : {ApKind::kEveryPoint, ApKind::kElevenPoint, ApKind::kTrapezoid}) {
    EXPECT_FALSE(AveragePrecision(kind, {0}, 0).has_value());
    EXPECT_EQ(AveragePrecision(kind, {}, 3), 0.0);
  }
  EXPECT_FALSE(AveragePrecision(ApKind::kEveryPoint, {}, 0).has_value());
  EXPECT_EQ(AveragePrecision(ApKind::kTrapezoid, {}, 0), 0.0);
}

TEST(AveragePrecisionTest, WeightsAreRepetitions) {
  // Groups 0..3 twice, zero times, once, three times: hit hit, -, miss, hit hit hit,
  // then group 0 again: miss miss. All kinds equal the curve written out.
  const std::vector<uint16_t> weight = {2, 0, 1, 3};
  const std::vector<int32_t> group = {0, 1, 2, 3, 0};
  for (ApKind kind : {ApKind::kEveryPoint, ApKind::kElevenPoint, ApKind::kTrapezoid}) {
    EXPECT_NEAR(*WeightedAveragePrecision(kind, {1, 1, 0, 1, 0}, group, weight, 6),
                *AveragePrecision(kind, {1, 1, 0, 1, 1, 1, 0, 0}, 6), 1e-15);
  }
}

TEST(AveragePrecisionTest, NumpySumAddsInBlocks) {
  // 1 and 2^-24 seven times, twice over: one after the other every 2^-24 is lost in
  // 1 (half to even); in numpy's eight accumulators the pairs survive.
  std::vector<float> values(16, std::ldexp(1.0f, -24));
  values[0] = 1;
  float plain = 0;
  for (float value : values) plain += value;
  EXPECT_EQ(plain, 1.0f);
  // Lane 0: 1 (its second 2^-24 is lost); lanes 1..7: 2^-23 each. ((r0+r1)+(r2+r3)) =
  // 1 + 3 * 2^-23, the other half 4 * 2^-23.
  EXPECT_EQ(NumpySum(values), 1.0f + 7 * std::ldexp(1.0f, -23));
  EXPECT_EQ(NumpySum(std::vector<float>(1000, 0.5f)), 500.0f);
}

}  // namespace
}  // namespace mrsn::eval
