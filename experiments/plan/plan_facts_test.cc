#include "experiments/plan/plan_facts.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/run/run_settings.h"
#include "experiments/testing/tiny_experiments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

class PlanFactsTest : public ::testing::Test {
 protected:
  PlanFactsTest() {
    const std::string folder = absl::StrCat(::testing::TempDir(), "plan.", ::getpid(), "/",
                                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    settings_.configs_root = folder + "/configs";
    settings_.output_root = folder + "/out";
    settings_.cache_root = folder + "/cache";
    options_.output_root = settings_.output_root;
    WriteTinyExperiments(settings_.configs_root);
  }

  PlanFacts Facts(const std::string& experiment, const std::string& override_text = "") {
    const auto opened =
        Open({experiment, override_text, override_text.empty() ? "" : experiment, 0}, settings_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    const auto facts = PlanFactsOf(*opened->asked, options_);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? *facts : PlanFacts();
  }

  RunSettings settings_;
  PlanOptions options_;
};

// By hand: "pre" has a stem of 8 x (3 x 5 x 5) weights and a norm of 2 x 8, one basic block of 16 channels
// with temporal kernels, and a linear layer; a video of 4 key frames, clips of 4 frames of 64 x 64 pixels.
TEST_F(PlanFactsTest, FactsOfGeneratedData) {
  const PlanFacts facts = Facts("pre");
  EXPECT_EQ(facts.batch_size, 2);
  EXPECT_EQ(facts.accumulate, 1);
  EXPECT_EQ(facts.epochs, 1);
  EXPECT_EQ(facts.training.clips.value, 4);
  EXPECT_EQ(facts.training.persons.origin, "mean over 4 clips");
  EXPECT_GT(facts.training.bytes.value.value_or(0), 100) << "of the video's file";
  EXPECT_GE(facts.trained, 8 * 75 + 2 * 8);
  EXPECT_EQ(facts.trained, facts.parameters) << "its norms are trained";
  EXPECT_GT(facts.buffers, 2 * 8);
  EXPECT_THAT(facts.clip, HasSubstr("4x64x64, "));
  EXPECT_THAT(facts.clip, HasSubstr(" boxes"));
  // Frames as floats and, for each person, a box of 4 floats and the number of the clip.
  const double persons = std::max(1.0, std::round(*facts.training.persons.value));
  EXPECT_EQ(facts.input_bytes, 4 * 3 * 4 * 64 * 64 + persons * (16 + 8));
  EXPECT_GT(facts.activation_bytes, 8 * 4 * 32 * 32 * 4) << "the stem's output is a part of them";
  EXPECT_EQ(facts.bank_width, 0);
  EXPECT_FALSE(facts.clips_per_second.value.has_value());
}

TEST_F(PlanFactsTest, FactsOfAModelThatReadsABank) {
  const PlanFacts facts = Facts("long");
  EXPECT_GT(facts.bank_width, 0);
  EXPECT_FALSE(facts.own_memory);
  EXPECT_EQ(facts.training_bank.clips.value, 4);
  EXPECT_EQ(facts.evaluation_bank.clips.value, 4);
  EXPECT_GT(facts.evaluation_bank.persons.value.value_or(0), 0);
}

TEST_F(PlanFactsTest, FactsFollowThePrecision) {
  const PlanFacts wide = Facts("pre"), narrow = Facts("pre", "train { precision: BFLOAT16 }");
  EXPECT_EQ(wide.precision, "float32");
  EXPECT_EQ(wide.weight_copy_bytes, 0);
  EXPECT_EQ(narrow.precision, "bfloat16");
  EXPECT_EQ(narrow.activation_bytes, (wide.activation_bytes + wide.input_bytes) / 2);
  EXPECT_EQ(narrow.weight_copy_bytes, 2 * static_cast<double>(wide.parameters));
}

// Of two trainings of the same experiment, each in a folder of its own.
TEST_F(PlanFactsTest, TheRateIsThatOfTrainingsInTheSamePrecision) {
  const std::string runs = settings_.output_root + "/runs/pre/";
  const auto write = [&](const std::string& folder, const std::string& experiment, const std::string& rate) {
    ASSERT_TRUE(WriteFileAtomically(runs + folder + "/experiment.textproto", experiment).ok());
    ASSERT_TRUE(WriteFileAtomically(runs + folder + "/train.jsonl",
                                    "{\"iteration\": 1, \"clips_per_second\": " + rate + "}\n")
                    .ok());
  };
  const std::string narrow = "train { precision: BFLOAT16 }";
  write("seed0-abc", "train { epochs: 1 }", "5");
  EXPECT_THAT(Facts("pre", narrow).clips_per_second.origin, HasSubstr("no training in bfloat16"));
  write("seed0-def", narrow, "11");
  EXPECT_EQ(Facts("pre").clips_per_second.value, 5);
  EXPECT_EQ(Facts("pre", narrow).clips_per_second.value, 11);
}

TEST_F(PlanFactsTest, DataThatHaveNotBeenGenerated) {
  settings_.generate = false;
  const PlanFacts facts = Facts("pre");
  EXPECT_EQ(facts.training.clips.value, 4);
  EXPECT_FALSE(facts.training.bytes.value.has_value());
  EXPECT_THAT(facts.training.bytes.origin, HasSubstr("no clip can be read: "));
  EXPECT_THAT(facts.clip, HasSubstr("4x64x64, 3 boxes, a guess"));
}

TEST_F(PlanFactsTest, TheRateIsGivenOrMeasuredBefore) {
  EXPECT_THAT(Facts("pre").clips_per_second.origin, HasSubstr("--clips_per_second gives it"));
  const std::string log = settings_.output_root + "/runs/pre/seed0-abc/train.jsonl";
  ASSERT_TRUE(WriteFileAtomically(log,
                                  "{\"iteration\": 1, \"clips_per_second\": 5}\n"
                                  "{\"iteration\": 2, \"clips_per_second\": 7.5}\n")
                  .ok());
  EXPECT_EQ(Facts("pre").clips_per_second.value, 7.5);
  EXPECT_THAT(Facts("pre").clips_per_second.origin, HasSubstr(log));
  options_.clips_per_second = 9;
  EXPECT_EQ(Facts("pre").clips_per_second.value, 9);
}

}  // namespace
}  // namespace mrsn::experiments
