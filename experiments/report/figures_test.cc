#include "experiments/report/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "experiments/report/page_reader.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<PageElement> Read(const absl::StatusOr<std::string>& svg) {
  EXPECT_TRUE(svg.ok()) << svg.status();
  if (!svg.ok()) return {};
  auto page = ReadPage(absl::StrCat("<html>", *svg, "</html>"));
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : std::vector<PageElement>();
}

std::vector<std::string> TextsOf(const std::vector<PageElement>& page) {
  std::vector<std::string> texts;
  for (const PageElement& element : page) {
    if (element.name == "text") texts.push_back(element.text);
  }
  return texts;
}

// Widths of the filled polygons of a colour, from gnuplot's "x1,y1 x2,y2 ..".
std::vector<double> WidthsOf(const std::vector<PageElement>& page, const std::string& colour) {
  std::vector<double> widths;
  for (const PageElement& element : page) {
    if (element.name != "polygon" || element.Attribute("fill") != colour) continue;
    double low = 1e9, high = -1e9;
    const std::string points = element.Attribute("points");
    for (size_t at = 0; at < points.size(); at = points.find_first_of(" ", at) + 1) {
      const double x = std::strtod(points.c_str() + at, nullptr);
      low = std::min(low, x);
      high = std::max(high, x);
      if (points.find(' ', at) == std::string::npos) break;
    }
    widths.push_back(high - low);
  }
  return widths;
}

TEST(DrawStacks, PartsAreAsWideAsTheirValues) {
  const auto page = Read(DrawStacks({"stacks", "two rows", "points"}, {"AP", "missed & <lost>"},
                                    {{"first", {75, 25}}, {"it's", {25, 75}}}));
  EXPECT_THAT(FaultsOf(page), IsEmpty());
  EXPECT_THAT(TextsOf(page), AllOf(Contains(HasSubstr("first")), Contains(HasSubstr("it's")),
                                   Contains(HasSubstr("missed & <lost>")), Contains(HasSubstr("points"))));
  // The legend's box and two rows.
  const std::vector<double> ap = WidthsOf(page, "var(--c1)"), missed = WidthsOf(page, "var(--c2)");
  ASSERT_EQ(ap.size(), 3);
  ASSERT_EQ(missed.size(), 3);
  EXPECT_NEAR(ap[1] / ap[2], 3, 0.1);
  EXPECT_NEAR(missed[2] / missed[1], 3, 0.1);
  EXPECT_NEAR(ap[1], missed[2], 1);
}

TEST(DrawStacks, NothingIsAnEmptyPicture) {
  EXPECT_THAT(FaultsOf(Read(DrawStacks({"none", "", ""}, {"AP"}, {}))), IsEmpty());
  EXPECT_THAT(FaultsOf(Read(DrawStacks({"zero", "", ""}, {"AP"}, {{"row", {0}}}))), IsEmpty());
}

}  // namespace
}  // namespace mrsn::experiments
