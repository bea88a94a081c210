#include "experiments/report/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "experiments/report/clean_text.h"
#include "experiments/report/page_reader.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kNasty[] = "<script>alert(1)</script> & \"q\" 'a' {{title}} | `b` \x01\xff ]]>";

Cell Plain(std::string text) { return {std::move(text), CellKind::kText, ""}; }

Document Nasty() {
  DocumentTable table;
  table.caption = kNasty;
  table.columns = {{kNasty}, {kNasty, true}, {kNasty, true}};
  table.rows = {
      {{Plain(kNasty), {"12.30", CellKind::kMeasured, "r1"}, {"20.94", CellKind::kPaper, ""}}, "r1"}};
  Document document;
  document.title = document.summary = document.made_by = kNasty;
  document.facts = {{kNasty, kNasty}};
  document.warnings = {kNasty};
  document.sections = {
      {"one",
       kNasty,
       {Paragraph(kNasty), Shown(table), Pictures({{"<svg viewBox=\"0 0 1 1\"></svg>", kNasty}})}}};
  table.rows[0].id = "";
  document.sections.push_back({"two", "Second", {Folded(table)}});
  return document;
}

TEST(ToHtml, EscapesEverythingAndStandsAlone) {
  const auto html = ToHtml(Nasty());
  ASSERT_TRUE(html.ok()) << html.status();
  EXPECT_THAT(*html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("http:")), Not(HasSubstr("https:"))));
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status() << "\n" << *html;
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
  int shown = 0;
  for (const PageElement& element : *page) {
    if (element.name == "title" || element.name == "h1" || element.name == "figcaption" ||
        element.name == "dd") {
      EXPECT_EQ(element.text, CleanText(kNasty)) << element.name;
      ++shown;
    }
  }
  EXPECT_EQ(shown, 4);
}

TEST(FaultsOf, SeesEachFault) {
  const auto page = ReadPage(
      "<html><a href='#no'/><a href='http://x/y'/><p id='a'/><p id='a'/><td class='n measured'>1</td>"
      "<td class='measured' data-runs='r9'>2</td><td class='paper' data-runs='a'>3</td>"
      "<style>@import 'x'</style><script/></html>");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(FaultsOf(*page),
              ElementsAre("id a stands twice", "there is no #no", "a names the address http://x/y",
                          "measured value 1 comes from nowhere", "value 2 comes from r9, which is not listed",
                          "value 3 has runs and is not measured", "the style sheet names an address",
                          "there is a script"));
  EXPECT_EQ(ReadPage("<html>\n<p></html>").status().message(), "line 2: mismatched tag");
}

TEST(ToMarkdown, OfAPullRequest) {
  DocumentTable table;
  table.caption = "by class";
  table.columns = {{"class"}, {"AP", true}};
  table.rows = {{{Plain("a|b_c <b> @me"), {"1.50", CellKind::kMeasured, "r1"}}, ""}};
  Document document;
  document.title = "T";
  document.summary = "S.";
  document.warnings = {"W."};
  document.sections = {{"s", "Scores", {Shown(table), Folded(table)}}};
  document.facts = {{"Device", "CPU"}};
  document.made_by = "Made.";
  EXPECT_EQ(ToMarkdown(document),
            "### T\n\nS.\n\n> W.\n\n#### Scores\n\n"
            "| class | AP |\n|---|---:|\n| a\\|b\\_c &lt;b&gt; @\u200bme | 1.50 |\n\n"
            "<details><summary>by class</summary>\n\n"
            "| class | AP |\n|---|---:|\n| a\\|b\\_c &lt;b&gt; @\u200bme | 1.50 |\n\n</details>\n\n"
            "- Device: CPU\n\nMade.\n");
}

TEST(WithoutEmptyColumns, KeepsTheOthers) {
  DocumentTable table;
  table.columns = {{"a"}, {"b"}, {"c"}};
  table.rows = {{{Plain("1"), Plain(""), Plain("")}, ""}, {{Plain("2"), Plain(""), Plain("x")}, ""}};
  const DocumentTable kept = WithoutEmptyColumns(table);
  ASSERT_EQ(kept.columns.size(), 2);
  EXPECT_EQ(kept.columns[1].heading, "c");
  EXPECT_EQ(kept.rows[1].cells[1].text, "x");
}

TEST(CleanText, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(CleanText("a\tb\n\x01 é 漢 😀"), "a b   é 漢 😀");
  // A lone lead byte, a lone continuation, an overlong slash, a surrogate, U+FFFE, a character beyond
  // Unicode.
  EXPECT_EQ(CleanText("\xC3"), "\uFFFD");
  EXPECT_EQ(CleanText("\x80z"), "\uFFFDz");
  EXPECT_EQ(CleanText("\xC0\xAF"), "\uFFFD\uFFFD");
  EXPECT_EQ(CleanText("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(CleanText("\xEF\xBF\xBE"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(CleanText("\xF5\x80\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Shortened, CountsCharactersNotBytes) {
  EXPECT_EQ(Shortened("éééé", 4), "éééé");
  EXPECT_EQ(Shortened("ééééé", 4), "ééé…");
}

}  // namespace
}  // namespace mrsn::experiments
