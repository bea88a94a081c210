#include "eval/analysis/curves.h"

#include <unistd.h>

#include <string>

#include "eval/analysis/small_evaluators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

TEST(CurvesTest, GnuplotDrawsOneFileAClassAndOneForAll) {
  FrameMapEvaluator evaluator = TwoVideos(false);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, Column(3), 7).ok());  // a name with an apostrophe
  const MatchedFrames matched = evaluator.Match();
  const FrameMapResult result = evaluator.Summarize(matched);
  const std::string folder = testing::TempDir() + "curves." + std::to_string(::getpid());
  const std::string script = CurveScript(result, matched, folder);
  EXPECT_THAT(script, HasSubstr("$c0 << EOD\n0.50000 1.00000\nEOD\n"));
  EXPECT_THAT(script, HasSubstr("sit: AP 50.00 (official_2019, IoU 0.5)"));
  const absl::Status status = WriteCurves(result, matched, folder);
  ASSERT_TRUE(status.ok()) << status;
  for (const char* name : {"/1.svg", "/7.svg", "/all.svg"}) {
    const absl::StatusOr<std::string> svg = ReadFile(folder + name);
    ASSERT_TRUE(svg.ok()) << svg.status();
    EXPECT_THAT(*svg, HasSubstr("</svg>"));
    EXPECT_THAT(*svg, HasSubstr("recall"));
  }
}

}  // namespace
}  // namespace mrsn::eval
