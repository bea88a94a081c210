#include "experiments/tables/render.h"

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

TableView SmallView() {
  return {"t",
          "run <experiment>",
          {{"Caption",
            {{"row"}, {"mAP", true}, {"gain", true}, {"experiment", false, true}},
            {{"a", "5 ± 1", "", "x_y"}, {"b_c", "12", "+7", ""}}}},
          {"A note."}};
}

TEST(ToMarkdown, ShowsTheCommandUnderTheFirstCaption) {
  EXPECT_EQ(ToMarkdown(SmallView()),
            "**Caption**\n\n"
            "One row: `run <experiment>`\n\n"
            "| row | mAP | gain | experiment |\n"
            "|---|---:|---:|---|\n"
            "| a | 5 ± 1 |  | `x_y` |\n"
            "| b\\_c | 12 | +7 |  |\n"
            "\nA note.\n");
}

TEST(ToTerminal, AlignsColumns) {
  EXPECT_EQ(ToTerminal(SmallView()),
            "Caption\n"
            "row    mAP  gain  experiment\n"
            "---  -----  ----  ----------\n"
            "a    5 ± 1        x_y\n"
            "b_c     12    +7\n"
            "\nA note.\n"
            "\nOne row: run <experiment>\n");
}

TEST(ToJson, NamesEveryCell) {
  EXPECT_EQ(ToJson(SmallView()),
            R"({
  "id": "t",
  "command": "run <experiment>",
  "tables": [
    {
      "caption": "Caption",
      "rows": [
        {
          "row": "a",
          "mAP": "5 ± 1",
          "gain of mAP": "",
          "experiment": "x_y"
        },
        {
          "row": "b_c",
          "mAP": "12",
          "gain of mAP": "+7",
          "experiment": ""
        }
      ]
    }
  ],
  "notes": [
    "A note."
  ]
}
)");
}

}  // namespace
}  // namespace mrsn::experiments
