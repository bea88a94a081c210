#include "experiments/counts/complexity_report.h"

#include <nlohmann/json.hpp>

#include "experiments/tables/render.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;

ComplexityReport Report(const std::string& name, int64_t scale, bool mrsn) {
  ComplexityReport report;
  report.experiment = name;
  report.setting = {4, 64, 48, 3, 0};
  report.parameters = {1000 * scale, 400 * scale, 600 * scale};
  report.macs = {2000000 * scale, 1500000 * scale, 500000 * scale};
  report.modules = {{"backbone", 400 * scale, 1500000 * scale},
                    {"head", 600 * scale, 500000 * scale},
                    {"head.mrse0.acre.layer0", 1, 2}};
  report.uncounted = {"aten::gelu", "aten::relu"};
  report.activations = {123456, 7890, 999};
  if (mrsn) report.plain = {600 * scale, 600000 * scale};
  for (int boxes = 1; boxes <= 20; ++boxes) {
    report.curve.push_back({boxes, 0, boxes * 10 * scale, std::nullopt});
    if (mrsn) report.curve.back().plain_head_macs = boxes * 20 * scale;
  }
  return report;
}

TEST(ViewComplexityTest, ExactAndRoundedDownToADepth) {
  EXPECT_EQ(ToTerminal(ViewComplexity(Report("micro/x", 1, true), 3, false)),
            "micro/x: 4 frames of 64x48, 3 boxes\n"
            "module                 parameters       multiply-adds\n"
            "---------------------  ----------  ---  -------------  -----\n"
            "all                         1,000  1 k      2,000,000    2 M\n"
            "backbone                      400  400      1,500,000  1.5 M\n"
            "head                          600  600        500,000  500 k\n"
            "head, plain equations         600  600        600,000  600 k\n"
            "\n"
            "Bytes of activations: 123,456 (123.5 kB) made in one inference, 7,890 (7.89 kB) alive at once; "
            "999 kept for the backward pass in training.\n"
            "Not counted: aten::gelu, aten::relu.\n");
  EXPECT_EQ(ViewComplexity(Report("x", 1, false), 4, false).grids[0].rows.back()[0],
            "head.mrse0.acre.layer0");
}

// Products that no module inside does have a line, so that the lines sum up.
TEST(ViewComplexityTest, LinesOfModulesSumUp) {
  ComplexityReport report = Report("x", 1, false);
  report.modules = {{"backbone", 400, 1500000, 0},          {"backbone.conv", 300, 1500000, 1500000},
                    {"backbone.norm", 100, 0, 0},           {"head", 600, 500000, 1000},
                    {"head.attention", 500, 490000, 90000}, {"head.attention.in", 500, 400000, 400000},
                    {"head.mlp", 100, 9000, 9000}};
  const auto rows = [&](int depth) {
    const TableView view = ViewComplexity(report, depth, false);
    std::vector<std::string> lines;
    for (const auto& row : view.grids[0].rows) {
      lines.push_back(row[0] + " " + row[3]);
    }
    return lines;
  };
  EXPECT_THAT(rows(2),
              ElementsAre("all 2,000,000", "backbone 1,500,000", "backbone.conv 1,500,000", "backbone.norm -",
                          "head 500,000", "head itself 1,000", "head.attention 490,000", "head.mlp 9,000"));
  EXPECT_THAT(rows(3),
              ElementsAre("all 2,000,000", "backbone 1,500,000", "backbone.conv 1,500,000", "backbone.norm -",
                          "head 500,000", "head itself 1,000", "head.attention 490,000",
                          "head.attention itself 90,000", "head.attention.in 400,000", "head.mlp 9,000"));
  EXPECT_EQ(ViewComplexity(report, 2, false).notes.back().substr(0, 2), "-:");
}

TEST(ViewComplexityTest, TheCurveHasABankColumnForLongTermHeads) {
  ComplexityReport report = Report("x", 1, true);
  EXPECT_EQ(ViewComplexity(report, 3, true).grids[1].rows[1],
            (std::vector<std::string>{"2", "20", "20", "1,500,020", "1.5 M", "40", "40"}));
  report.needs.bank.emplace();
  report.fast_frames = 16;
  report.setting.bank_entries = report.curve[1].bank_entries = 63;
  const TableView view = ViewComplexity(report, 3, true);
  EXPECT_EQ(view.grids[0].caption, "x: 4 frames (fast 16) of 64x48, 3 boxes, 63 bank entries");
  EXPECT_EQ(view.grids[1].rows[1],
            (std::vector<std::string>{"2", "63", "20", "20", "1,500,020", "1.5 M", "40", "40"}));
}

TEST(CompareHeadsTest, RatiosToOneOfThem) {
  const std::vector<ComplexityReport> reports = {Report("mrsn", 1, true), Report("other", 4, false)};
  const auto view = CompareHeads(reports, "other");
  ASSERT_TRUE(view.ok()) << view.status();
  // parameters 600 of 2400; 1, 3, 5, 10 boxes: 10 of 40 each, and 20 of 40 by the equations
  EXPECT_THAT(view->grids[0].rows,
              ElementsAre(ElementsAre("mrsn", "executed", "600", "0.25", "10", "0.25", "30", "0.25", "50",
                                      "0.25", "100", "0.25"),
                          ElementsAre("mrsn", "plain equations", "600", "0.25", "20", "0.50", "60", "0.50",
                                      "100", "0.50", "200", "0.50"),
                          ElementsAre("other", "executed", "2.4 k", "1.00", "40", "1.00", "120", "1.00",
                                      "200", "1.00", "400", "1.00")));
  EXPECT_EQ(view->grids[0].columns.size(), 12);
  EXPECT_EQ(CompareHeads(reports, "")->grids[0].columns.size(), 7);
  const auto tiny = CompareHeads({Report("mrsn", 1, true), Report("large", 300, false)}, "large");
  EXPECT_EQ(tiny->grids[0].rows[0][3], "0.0033");
  EXPECT_EQ(CompareHeads(reports, "absent").status().message(),
            "--relative_to=absent: not compared; allowed: mrsn, other");
}

TEST(ComplexityReportTest, ADetectorOfItsOwnBoxesHasNoNumberOfThem) {
  ComplexityReport report = Report("act", 1, false);
  report.needs.boxes = false;
  report.setting.boxes = 0;
  report.curve.clear();
  const TableView view = ViewComplexity(report, 3, true);
  ASSERT_EQ(view.grids.size(), 1);
  EXPECT_EQ(view.grids[0].caption, "act: 4 frames of 64x48, boxes of its own");
  EXPECT_TRUE(nlohmann::json::parse(ComplexityJson({report}, 3))["setting"]["boxes"].is_null());
  EXPECT_EQ(CompareHeads({Report("mrsn", 1, true), report}, "").status().message(),
            "act: finds its own boxes, so it has no head to compare by boxes");
}

TEST(ComplexityJsonTest, OneIsAnObjectSeveralAreAnArray) {
  const auto one = nlohmann::json::parse(ComplexityJson({Report("mrsn", 1, true)}, 3));
  EXPECT_EQ(one["experiment"], "mrsn");
  EXPECT_EQ(one["setting"], (nlohmann::json{{"frames", 4},
                                            {"fast_frames", 0},
                                            {"height", 64},
                                            {"width", 48},
                                            {"boxes", 3},
                                            {"bank_entries", 0}}));
  EXPECT_EQ(one["params"], (nlohmann::json{{"total", 1000}, {"backbone", 400}, {"head", 600}}));
  EXPECT_EQ(one["macs"], (nlohmann::json{{"total", 2000000}, {"backbone", 1500000}, {"head", 500000}}));
  EXPECT_EQ(one["plain_equations"], (nlohmann::json{{"head_params", 600}, {"head_macs", 600000}}));
  EXPECT_EQ(one["per_module"].size(), 2);  // the third is deeper
  EXPECT_EQ(one["per_module"]["head"], (nlohmann::json{{"params", 600}, {"macs", 500000}, {"own_macs", 0}}));
  EXPECT_EQ(one["uncounted"], (nlohmann::json{"aten::gelu", "aten::relu"}));
  EXPECT_EQ(one["curve"][4], (nlohmann::json{{"boxes", 5},
                                             {"bank_entries", 0},
                                             {"head_macs", 50},
                                             {"total_macs", 1500050},
                                             {"plain_head_macs", 100}}));
  EXPECT_EQ(one["activation_bytes"], (nlohmann::json{{"made", 123456}, {"peak", 7890}, {"training", 999}}));

  const auto two = nlohmann::json::parse(ComplexityJson({Report("a", 1, false), Report("b", 1, false)}, 3));
  ASSERT_EQ(two.size(), 2);
  EXPECT_EQ(two[1]["experiment"], "b");
  EXPECT_FALSE(two[0].contains("plain_equations"));
}

}  // namespace
}  // namespace mrsn::experiments
