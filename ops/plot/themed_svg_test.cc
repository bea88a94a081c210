#include "ops/plot/themed_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ops/plot/gnuplot.h"

namespace mrsn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(GnuplotQuote, OneEscape) { EXPECT_EQ(GnuplotQuote("it's\nso"), "'it''s so'"); }

TEST(DrawThemedSvg, ColoursAndIdsAreThePages) {
  const auto svg = DrawThemedSvg(absl::StrCat("set xtics (", GnuplotQuote("<script>x</script> & ]]>"),
                                              " 1)\nplot 2*x with lines lc rgb ", PageColour(3),
                                              " title 'twice', '-' using 1:2 with points pt 7 lc rgb ",
                                              PageColour(12), " notitle\n1 2\n2 1\ne\n"),
                                 {"fig-7", "two \"lines\" & <points>", 400, 200});
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, StartsWith("<svg viewBox=\"0 0 400 200\" role=\"img\" aria-label=\"two &quot;lines&quot; "
                               "&amp; &lt;points&gt;\">"));
  EXPECT_THAT(*svg, AllOf(HasSubstr("stroke='var(--c3)'"), HasSubstr("color='var(--c12)'"),
                          HasSubstr("fill=\"currentColor\""), HasSubstr("id='fig-7-gpPt6'"),
                          HasSubstr("href='#fig-7-gpPt6'"), HasSubstr(">twice</text>")));
  EXPECT_THAT(*svg, AllOf(Not(HasSubstr("http")), Not(HasSubstr("black")), Not(HasSubstr("<title>")),
                          Not(HasSubstr("rgb(")), Not(HasSubstr("<script")), Not(HasSubstr("]]>"))));
}

TEST(DrawThemedSvg, GnuplotsMessageIsTheError) {
  const auto svg = DrawThemedSvg("plot nothing_known(x)", {"fig1", "nothing"});
  ASSERT_FALSE(svg.ok());
  EXPECT_THAT(svg.status().message(), AllOf(HasSubstr("gnuplot failed"), HasSubstr("undefined function")));
}

}  // namespace
}  // namespace mrsn
