#include "experiments/plan/training_plan.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

// A small experiment: 1,003 clips in batches of 16 on 4 devices for 2.5 epochs.
PlanFacts Small() {
  PlanFacts facts;
  facts.devices = 4;
  facts.batch_size = 16;
  facts.epochs = 2.5;
  facts.parameters = 1000;
  facts.trained = 800;
  facts.buffers = 50;
  facts.input_bytes = 300;
  facts.activation_bytes = 7000;
  facts.clip = "4x64x64, 3 boxes";
  facts.training.clips = Known(1003, "counted");
  facts.training.bytes = Known(5000, "mean over 8 clips");
  facts.training.persons = Known(2.5, "mean over 8 clips");
  facts.clips_per_second = Known(20, "--clips_per_second");
  return facts;
}

std::map<std::string, PlanRow> RowsOf(const PlanFacts& facts) {
  const auto plan = PlanTraining(facts);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::map<std::string, PlanRow> rows;
  for (const PlanRow& row : *plan) rows[row.key] = row;
  return rows;
}

TEST(TrainingPlanTest, NumbersOfASmallExperiment) {
  auto rows = RowsOf(Small());
  const auto value = [&](const std::string& key) { return rows.at(key).fact.value.value_or(-1); };
  EXPECT_EQ(value("training_clips"), 1003);
  EXPECT_EQ(value("batch_per_device"), 4);
  EXPECT_EQ(value("steps_per_epoch"), 62);  // 62 x 16 = 992; 11 clips are left out
  EXPECT_EQ(value("steps"), 155);
  EXPECT_EQ(value("weight_bytes"), 1050 * 4);
  EXPECT_EQ(value("gradient_bytes"), 800 * 4);
  EXPECT_EQ(value("momentum_bytes"), 800 * 4);
  EXPECT_EQ(value("input_bytes"), 4 * 300);
  EXPECT_EQ(value("activation_bytes"), 4 * 7000);
  EXPECT_EQ(value("device_bytes"), 4200 + 3200 + 3200 + 1200 + 28000);
  EXPECT_EQ(value("checkpoint_bytes"), 4200 + 3200);
  EXPECT_EQ(value("checkpoints_bytes"), 3 * 7400 + 4200);
  EXPECT_EQ(value("read_bytes_per_second"), 20 * 5000);
  EXPECT_EQ(value("seconds"), 155 * 16 / 20.0);
  EXPECT_EQ(rows.count("training_bank_bytes"), 0);
}

TEST(TrainingPlanTest, CopiesOfWeightsInANarrowerType) {
  PlanFacts facts = Small();
  EXPECT_EQ(RowsOf(facts).count("weight_copy_bytes"), 0);
  facts.precision = "bfloat16";
  facts.weight_copy_bytes = 2000;
  auto rows = RowsOf(facts);
  EXPECT_EQ(rows["weight_copy_bytes"].fact.value, 2000);
  EXPECT_THAT(rows["weight_copy_bytes"].fact.origin, HasSubstr("bfloat16"));
  EXPECT_THAT(rows["activation_bytes"].fact.origin, HasSubstr("bfloat16"));
  EXPECT_EQ(rows["device_bytes"].fact.value, 4200 + 3200 + 3200 + 2000 + 1200 + 28000);
}

TEST(TrainingPlanTest, PartsOfABatchAndTheBestWeights) {
  PlanFacts facts = Small();
  facts.accumulate = 3;
  facts.validates = true;
  auto rows = RowsOf(facts);
  EXPECT_EQ(rows["activation_bytes"].fact.value, 2 * 7000) << "parts of 1, 1 and 2 clips";
  EXPECT_EQ(rows["checkpoints_bytes"].fact.value, 3 * 7400 + 2 * 4200);
}

// 3 persons of 2 x 3072 + 16 bytes take 5 pages of 4 KiB.
TEST(TrainingPlanTest, BanksOfALongTermModel) {
  PlanFacts facts = Small();
  facts.bank_width = 3072;
  facts.training_bank.clips = Known(1000, "counted");
  facts.training_bank.persons = Known(3, "mean over 8 clips");
  facts.evaluation_bank.clips = Known(100, "counted");
  facts.evaluation_bank.persons = Unknown("no clip can be read: cut off");
  auto rows = RowsOf(facts);
  EXPECT_EQ(rows["training_bank_bytes"].fact.value, 1000 * 5 * 4096);
  EXPECT_FALSE(rows["evaluation_bank_bytes"].fact.value.has_value());
  EXPECT_EQ(rows["evaluation_bank_bytes"].fact.origin, "no clip can be read: cut off");
  facts.own_memory = true;
  rows = RowsOf(facts);
  EXPECT_EQ(rows.count("training_bank_bytes"), 0);
  EXPECT_THAT(rows["checkpoint_bytes"].fact.origin, HasSubstr("the memory is not in it"));
}

TEST(TrainingPlanTest, ANumberThatNobodyKnowsSaysWhy) {
  PlanFacts facts = Small();
  facts.training.clips = facts.training.bytes = Unknown("without the data");
  facts.clips_per_second = Unknown("nobody has measured it");
  auto rows = RowsOf(facts);
  for (const char* key : {"training_clips", "steps_per_epoch", "steps"}) {
    EXPECT_FALSE(rows[key].fact.value.has_value()) << key;
    EXPECT_EQ(rows[key].fact.origin, "without the data") << key;
  }
  EXPECT_EQ(rows["seconds"].fact.origin, "without the data") << "the first reason";
  EXPECT_EQ(rows["read_bytes_per_second"].fact.origin, "nobody has measured it");
  EXPECT_EQ(rows["device_bytes"].fact.value, 4200 + 3200 + 3200 + 1200 + 28000);
}

TEST(TrainingPlanTest, ABatchThatCannotBeSharedIsRefused) {
  PlanFacts facts = Small();
  for (const int devices : {3, 32, 0}) {
    facts.devices = devices;
    EXPECT_THAT(std::string(PlanTraining(facts).status().message()),
                HasSubstr("train.batch_size is 16, which "));
  }
}

TEST(TrainingPlanTest, TheTable) {
  EXPECT_EQ(PlanText({{"steps", "steps", "steps", Known(155, "2.5 epochs")},
                      {"seconds", "time of the steps", "seconds", Unknown("nobody has measured it")}}),
            "  steps                  155  2.5 epochs\n"
            "  time of the steps  unknown  nobody has measured it\n");
  const auto text = [](const char* unit, double value) {
    return ValueText({"", "", unit, Known(value, "")});
  };
  EXPECT_EQ(text("bytes", 999), "999 B");
  EXPECT_EQ(text("bytes", 1500), "1.5 kB");
  EXPECT_EQ(text("bytes", 2.5e6), "2.5 MB");
  EXPECT_EQ(text("bytes/s", 1.234e9), "1.23 GB/s");
  EXPECT_EQ(text("seconds", 90), "90 seconds");
  EXPECT_EQ(text("seconds", 3600), "60.0 minutes");
  EXPECT_EQ(text("seconds", 36000), "10.0 hours");
  EXPECT_EQ(text("seconds", 864000), "10.0 days");
  EXPECT_EQ(text("clips/s", 12.346), "12.35");
}

TEST(TrainingPlanTest, Json) {
  PlanFacts facts = Small();
  facts.clips_per_second = Unknown("nobody has measured it");
  const auto json = nlohmann::json::parse(PlanJson("micro/none", 4, *PlanTraining(facts)));
  EXPECT_EQ(json["experiment"], "micro/none");
  EXPECT_EQ(json["devices"], 4);
  EXPECT_EQ(json["steps"], nlohmann::json({{"value", 155.0}, {"unit", "steps"}, {"from", "2.5 epochs"}}));
  EXPECT_TRUE(json["seconds"]["value"].is_null());
  EXPECT_EQ(json["seconds"]["unknown"], "nobody has measured it");
}

}  // namespace
}  // namespace mrsn::experiments
