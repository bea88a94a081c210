#include "experiments/report/keyframe_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "experiments/report/page_reader.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

KeyframeImage Image() {
  KeyframeImage image;
  image.jpeg = "bytes";
  image.width = 480;
  image.height = 360;
  return image;
}

std::vector<PageElement> Drawn(const std::vector<MarkedBox>& annotated, const std::vector<MarkedBox>& found,
                               const std::string& description = "") {
  const std::string svg = DrawKeyframe(Image(), annotated, found, description);
  auto page = ReadPage(absl::StrCat("<html>", svg, "</html>"));
  EXPECT_TRUE(page.ok()) << page.status() << svg;
  return page.ok() ? *page : std::vector<PageElement>();
}

// "x y width height" of the rectangles with an attribute of this value.
std::vector<std::string> Rectangles(const std::vector<PageElement>& page, const std::string& attribute,
                                    const std::string& value) {
  std::vector<std::string> found;
  for (const PageElement& element : page) {
    if (element.name != "rect" || element.Attribute(attribute) != value) continue;
    found.push_back(absl::StrCat(element.Attribute("x"), " ", element.Attribute("y"), " ",
                                 element.Attribute("width"), " ", element.Attribute("height")));
  }
  return found;
}

TEST(DrawKeyframe, BoxesLieWhereTheirPersonsAre) {
  const auto page = Drawn({{{0.25f, 0.5f, 0.75f, 0.75f}, "A"}}, {{{0.25f, 0.5f, 0.75f, 0.75f}, "1"}});
  EXPECT_THAT(Rectangles(page, "stroke", "#3ddc68"), ElementsAre("120.0 180.0 240.0 90.0"));
  EXPECT_THAT(Rectangles(page, "stroke", "#ffa02e"), ElementsAre("120.0 180.0 240.0 90.0"));
  // Marks: 15 wide and 17 high, at the upper left and the lower right corner.
  EXPECT_THAT(Rectangles(page, "fill", "#3ddc68"), ElementsAre("120.0 180.0 15 17"));
  EXPECT_THAT(Rectangles(page, "fill", "#ffa02e"), ElementsAre("345.0 253.0 15 17"));
  std::vector<std::string> texts;
  for (const PageElement& element : page) {
    if (element.name == "text") texts.push_back(element.text);
    if (element.name == "image") {
      EXPECT_EQ(element.Attribute("href"), "data:image/jpeg;base64,Ynl0ZXM=");
    }
  }
  EXPECT_THAT(texts, ElementsAre("A", "1"));
  EXPECT_THAT(FaultsOf(page), IsEmpty());
}

TEST(DrawKeyframe, BoxesBeyondTheFrameAndBrokenOnesStayInside) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto page = Drawn({{{-1, -1, 2, 2}, "A"}, {{nan, 0.5f, 0.25f, nan}, "B"}}, {});
  EXPECT_THAT(Rectangles(page, "stroke", "#3ddc68"),
              ElementsAre("1.5 1.5 477.0 357.0", "1.5 180.0 118.5 0.0"));
}

TEST(DrawKeyframe, TextsAreEscaped) {
  const auto page = Drawn({{{0, 0, 1, 1}, "<"}}, {}, "a \"b\" <c> & d\x01");
  ASSERT_FALSE(page.empty());
  EXPECT_EQ(page[1].Attribute("aria-label"), "a \"b\" <c> & d ");
  EXPECT_EQ(page.back().text, "<");
}

}  // namespace
}  // namespace mrsn::experiments
