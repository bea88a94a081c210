// Missing and contradicting inputs are named before anything is trained.
#include "experiments/run/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/run/run_experiment.h"
#include "experiments/testing/tiny_experiments.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PreflightTest : public ::testing::Test {
 protected:
  PreflightTest() : settings_(DefaultSettings(::testing::TempDir() + "/out")) {
    settings_.data_root = ::testing::TempDir() + "/data";
    std::filesystem::create_directories(settings_.data_root);
  }

  std::string Missing(const std::string& name, const std::string& override_text) {
    const auto opened = Open({name, override_text, "", 0}, settings_);
    return std::string(opened.ok() ? opened->AllThere().message() : opened.status().message());
  }

  RunSettings settings_;
};

TEST_F(PreflightTest, AllThere) {
  EXPECT_EQ(Missing("smoke/resume", ""), "");
  const auto opened = Open({"smoke/resume", "", "", 0}, settings_);
  ASSERT_EQ(opened->needs.size(), 2);
  EXPECT_EQ(opened->needs[0].what, "smoke/resume: train_data");
  EXPECT_EQ(opened->needs[0].found, "40 clips");
}

TEST_F(PreflightTest, GeneratedDataIsDescribedOrGoesToTheCache) {
  settings_.cache_root = ::testing::TempDir() + "/empty_cache";
  settings_.generate = false;
  const auto described = Open({"smoke/resume", "", "", 0}, settings_);
  ASSERT_TRUE(described.ok()) << described.status();
  EXPECT_EQ(described->needs[0].found, "40 clips");
  EXPECT_FALSE(FileExists(settings_.cache_root));
  settings_.generate = true;
  ASSERT_TRUE(Open({"smoke/resume", "", "", 0}, settings_).ok());
  EXPECT_TRUE(FileExists(settings_.cache_root + "/micro_world"));
  EXPECT_FALSE(FileExists(settings_.data_root + "/micro_world"));
}

TEST_F(PreflightTest, PretrainedBackbone) {
  const std::string with_file = "inputs { pretrained_backbone: \"w.safetensors\" }";
  EXPECT_THAT(
      Missing("smoke/resume", with_file),
      AllOf(HasSubstr("smoke/resume: inputs.pretrained_backbone: "),
            HasSubstr("/data/w.safetensors: no such file; put a checkpoint"),
            HasSubstr("--override='clear: \"inputs.pretrained_backbone\" clear: \"inputs.pretraining\" "
                      "train { batch_norm: TRAINED }'")));
  // Nothing was begun.
  const auto refused = RunExperiment({"smoke/resume", with_file, "", 0}, settings_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(FileExists(settings_.output_root));

  std::filesystem::copy_file(settings_.checkpoints_root + "/micro/pretrain.safetensors",
                             settings_.data_root + "/w.safetensors");
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
  // The bank's writer reads generated data, which is there.
  const std::string reader =
      "model { mrsn { width: 64 long_term {} } } inputs { relation_bank_from: \"smoke/resume\" }";
  EXPECT_THAT(Missing("ucf24/real_clips", reader),
              AllOf(HasSubstr("ucf24/real_clips: train_data: "), HasSubstr("train.txt"),
                    HasSubstr("ucf24/real_clips: train_data, boxes for the relation bank: "),
                    Not(HasSubstr("smoke/resume"))));
  const auto opened = Open({"ucf24/real_clips", reader, "", 0}, settings_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  std::vector<std::string> found;
  for (const Need& need : opened->needs) found.push_back(need.what + ": " + need.found);
  EXPECT_THAT(
      found, ::testing::Contains("ucf24/real_clips: inputs.relation_bank_from: smoke/resume is trained first "
                                 "and writes it, unless it has been"));
}

// Found before the writer is trained.
TEST_F(PreflightTest, ABankMustFitItsReader) {
  settings_.configs_root = ::testing::TempDir() + "/tiny";
  WriteTinyExperiments(settings_.configs_root);
  EXPECT_EQ(Missing("long", ""), "");
  EXPECT_THAT(Missing("long", "model { mrsn { width: 32 } }"),
              AllOf(HasSubstr("long: inputs.relation_bank_from: short writes features of width "),
                    HasSubstr("; the model reads width ")));
  ASSERT_TRUE(WriteFileAtomically(
                  settings_.configs_root + "/longer.textproto",
                  "base: \"short\" model { mrsn { long_term {} } } inputs { relation_bank_from: \"long\" }")
                  .ok());
  const std::string more_videos = "train_data { micro_world { train_videos: 2 } } ";
  EXPECT_THAT(Missing("long", more_videos),
              AllOf(HasSubstr("long: inputs.relation_bank_from: short is trained on other data ("),
                    HasSubstr("set inputs { bank_of_other_data: true }")));
  EXPECT_EQ(Missing("long", more_videos + "inputs { bank_of_other_data: true }"), "");
  EXPECT_EQ(Missing("long", "train_data { cache_megabytes: 7 }"), "") << "the same videos and boxes";
  EXPECT_EQ(Missing("longer", ""),
            "longer: inputs.relation_bank_from: long needs a bank itself; name a short-term experiment");
}

TEST_F(PreflightTest, ARunOpensEachThingOnce) {
  settings_.configs_root = ::testing::TempDir() + "/tiny";
  WriteTinyExperiments(settings_.configs_root);
  const auto opened = Open({"long", "", "", 0}, settings_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_TRUE(opened->AllThere().ok()) << opened->AllThere();
  const OpenedRun& reader = *opened->asked;
  const OpenedRun& writer = *reader.bank_writer;
  EXPECT_EQ(reader.train_data, writer.train_data);
  EXPECT_EQ(reader.initial, writer.initial);
  EXPECT_EQ(reader.initial->train_data, reader.train_data);
  EXPECT_NE(reader.model, writer.model);
  EXPECT_NE(reader.eval_data, reader.bank_boxes) << "other videos";
  EXPECT_EQ(writer.eval_data, nullptr) << "the writer is not evaluated";
  EXPECT_EQ(writer.bank_boxes, nullptr) << "the writer reads no bank";
  std::vector<std::string> needs;
  for (const Need& need : opened->needs) needs.push_back(need.what);
  EXPECT_THAT(needs, ::testing::ElementsAre("long: train_data", "long: eval_data",
                                            "long: train_data, boxes for the relation bank",
                                            "long: eval_data, boxes for the relation bank",
                                            "long: inputs.initialise_from", "pre: train_data",
                                            "long: inputs.relation_bank_from", "short: train_data"));
}

TEST_F(PreflightTest, WeightsThatCameWithTheProgramNeedNoData) {
  settings_.configs_root = ::testing::TempDir() + "/tiny";
  WriteTinyExperiments(settings_.configs_root);
  settings_.output_root = ::testing::TempDir() + "/export";
  const auto trained = RunExperiment({"pre", "", "", 0}, settings_);
  ASSERT_TRUE(trained.ok()) << trained.status();
  settings_.checkpoints_root = ::testing::TempDir() + "/checkpoints";
  std::filesystem::create_directories(settings_.checkpoints_root);
  std::filesystem::copy_file(trained->weights_path, settings_.checkpoints_root + "/pre.safetensors");
  const auto opened = Open({"short", "", "", 0}, settings_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_NE(opened->asked->initial->shipped, nullptr);
  EXPECT_EQ(opened->asked->initial->model, nullptr);
  EXPECT_EQ(opened->needs.back().found, "weights of pre came with the program");
  // Those of another seed or config are not this run's.
  ASSERT_TRUE(
      WriteFileAtomically(settings_.configs_root + "/short.textproto",
                          "base: \"pre\" model { mrsn { acre {} } } inputs { initialise_from: \"pre2\" }")
          .ok());
  ASSERT_TRUE(
      WriteFileAtomically(settings_.configs_root + "/pre2.textproto", "base: \"pre\" train { epochs: 2 }")
          .ok());
  std::filesystem::rename(settings_.checkpoints_root + "/pre.safetensors",
                          settings_.checkpoints_root + "/pre2.safetensors");
  const auto other = Open({"short", "", "", 0}, settings_);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->asked->initial->shipped, nullptr);
  EXPECT_NE(other->asked->initial->model, nullptr);
}

TEST_F(PreflightTest, TheEstimateFollowsFromCountsAndClips) {
  const auto opened = Open({"smoke/resume", "", "", 0}, settings_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto cost = EstimateCost(*opened->asked, settings_.threads);
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ(cost->iterations, 50);  // 5 epochs of 40 clips, 4 at a time
  EXPECT_GT(cost->parameters, 0);
  EXPECT_GT(cost->training_macs, 0);
  EXPECT_GT(cost->macs_per_second, 1e8);
  const std::string text = PreflightText(*opened, cost);
  EXPECT_THAT(text, AllOf(HasSubstr(opened->asked->node->resolved->text),
                          HasSubstr("  there    smoke/resume: train_data: 40 clips\n"),
                          HasSubstr("  training    50 iterations, ")));
}

}  // namespace
}  // namespace mrsn::experiments
