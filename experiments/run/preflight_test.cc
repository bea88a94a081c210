// Missing and contradicting inputs are named before anything is trained.
#include "experiments/run/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/tables/table_manifest.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PreflightTest : public ::testing::Test {
 protected:
  PreflightTest() : options_(DefaultOptions(::testing::TempDir() + "/out")) {
    options_.data_root = ::testing::TempDir() + "/data";
    std::filesystem::create_directories(options_.data_root);
  }

  std::string Missing(const std::string& name, const std::string& override_text) {
    options_.override_text = override_text;
    const auto preflight = CheckNeeds(name, options_);
    return std::string(preflight.ok() ? preflight->AllMet().message() : preflight.status().message());
  }

  PipelineOptions options_;
};

TEST_F(PreflightTest, AllThere) {
  EXPECT_EQ(Missing("smoke/resume", ""), "");
  const auto preflight = CheckNeeds("smoke/resume", options_);
  ASSERT_EQ(preflight->needs.size(), 2);
  EXPECT_EQ(preflight->needs[0].what, "smoke/resume: train_data");
  EXPECT_EQ(preflight->needs[0].found, "40 clips");
}

TEST_F(PreflightTest, PretrainedBackbone) {
  const std::string with_file = "inputs { pretrained_backbone: \"w.safetensors\" }";
  EXPECT_THAT(Missing("smoke/resume", with_file),
              AllOf(HasSubstr("smoke/resume: inputs.pretrained_backbone: "),
                    HasSubstr("/data/w.safetensors: no such file; put a checkpoint"),
                    HasSubstr("--override='clear: \"inputs.pretrained_backbone\"'")));
  // Nothing was begun.
  const auto refused = RunExperiment("smoke/resume", options_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(FileExists(options_.output_root));

  std::filesystem::copy_file(options_.checkpoints_root + "/micro/pretrain.safetensors",
                             options_.data_root + "/w.safetensors");
  EXPECT_EQ(Missing("smoke/resume", with_file), "");
  EXPECT_THAT(Missing("smoke/resume", with_file + " model { slow_only { stem_kernel: 3 } }"),
              AllOf(HasSubstr("w.safetensors"), HasSubstr("stem.weight")));
  EXPECT_THAT(Missing("micro/none", with_file), HasSubstr("only without inputs.initialise_from"));
  EXPECT_THAT(Missing("smoke/resume", "inputs { pretrained_backbone: \"../w.safetensors\" }"),
              HasSubstr("allowed: a path below the data root"));
}

TEST_F(PreflightTest, ModelAndDataMustAgree) {
  EXPECT_THAT(
      Missing("smoke/resume", "model { num_classes: 80 }"),
      AllOf(HasSubstr("smoke/resume: train_data: model.num_classes is 80; the data set has 15 classes"),
            HasSubstr("\n  smoke/resume: eval_data: model.num_classes is 80")));
  EXPECT_THAT(Missing("smoke/resume", "model { slow_fast { alpha: 2 } }"),
              HasSubstr("clip.fast_ratio is 0; the model's fast pathway reads 2 frames for a slow one"));
  EXPECT_THAT(Missing("smoke/resume", "model { mrsn { heads: 3 } }"), HasSubstr("model.mrsn.heads"));
  EXPECT_THAT(Missing("smoke/resume", "eval { protocol: \"yowo\" }"),
              HasSubstr("smoke/resume: eval_data: eval.protocol is yowo, which takes boxes in pixels"));
}

TEST_F(PreflightTest, AllExperimentsOfTheChainAreChecked) {
  // Its bank's writer, the row without, has the same needs.
  EXPECT_THAT(Missing("ucf24/real_clips",
                      "model { mrsn { long_term {} } } inputs { relation_bank_from: \"smoke/resume\" }"),
              AllOf(HasSubstr("ucf24/real_clips: train_data: "), HasSubstr("clips.txt"),
                    HasSubstr("ucf24/real_clips: train_data, boxes for the relation bank: "),
                    Not(HasSubstr("smoke/resume"))));
  const auto preflight = CheckNeeds("ucf24/real_clips", options_);
  ASSERT_TRUE(preflight.ok()) << preflight.status();
  std::vector<std::string> found;
  for (const Need& need : preflight->needs) found.push_back(need.what + ": " + need.found);
  EXPECT_THAT(
      found, ::testing::Contains("ucf24/real_clips: inputs.relation_bank_from: smoke/resume is trained first "
                                 "and writes it, unless it has been"));
}

// Without data every row's command starts, and says that data is what it lacks.
TEST_F(PreflightTest, EveryRowOfTheTablesStarts) {
  options_.override_text = "";
  int rows = 0;
  for (const char* name : {"table1", "table2", "table3"}) {
    const auto table = ReadTable(DataFilesRoot() + "/experiments/tables", name);
    ASSERT_TRUE(table.ok()) << table.status();
    for (const Table::Row& row : table->row()) {
      const auto preflight = CheckNeeds(row.experiment(), options_);
      ASSERT_TRUE(preflight.ok()) << row.experiment() << ": " << preflight.status();
      ++rows;
      EXPECT_FALSE(preflight->AllMet().ok()) << row.experiment();
      for (const Need& need : preflight->needs) {
        EXPECT_THAT(need.what, Not(::testing::EndsWith(": model"))) << need.state;
        if (need.state.ok()) continue;
        EXPECT_THAT(need.state.message(), HasSubstr(options_.data_root)) << need.what;
      }
    }
  }
  EXPECT_EQ(rows, 10 + 12 + 8);
}

TEST_F(PreflightTest, TheEstimateFollowsFromCountsAndClips) {
  options_.override_text = "";
  const auto cost = EstimateCost("smoke/resume", options_);
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ(cost->iterations, 50);  // 5 epochs of 40 clips, 4 at a time
  EXPECT_EQ(cost->state_bytes, cost->parameters * 12);
  EXPECT_GT(cost->training_macs, 0);
  EXPECT_GT(cost->macs_per_second, 1e8);
  const auto preflight = CheckNeeds("smoke/resume", options_);
  const std::string text = DescribePreflight("smoke/resume", *preflight, cost);
  EXPECT_THAT(
      text, AllOf(HasSubstr(preflight->config), HasSubstr("  there    smoke/resume: train_data: 40 clips\n"),
                  HasSubstr("  training    50 iterations, ")));
}

}  // namespace
}  // namespace mrsn::experiments
