#include "experiments/config/computation.h"

#include <gtest/gtest.h>

#include <string>

#include "experiments/config/config.h"
#include "experiments/testing/config_files.h"

namespace mrsn::experiments {
namespace {

class ComputationTest : public ConfigFiles {
 protected:
  ResolvedExperiment With(const std::string& train) {
    Write("x", "base: \"base/b\"\n");
    const auto resolved = LoadExperiment(root_, "x", train.empty() ? "" : "train { " + train + " }");
    EXPECT_TRUE(resolved.ok()) << resolved.status();
    return resolved.value_or(ResolvedExperiment());
  }
};

TEST_F(ComputationTest, ThePrecisionIsNotInTheFingerprintOfTables) {
  const ResolvedExperiment plain = With("");
  EXPECT_EQ(plain.exact_fingerprint, plain.fingerprint);
  for (const char* train :
       {"precision: BFLOAT16", "precision: FLOAT16 loss_scaling { growth_interval: 5 }", "tf32: true"}) {
    const ResolvedExperiment other = With(train);
    EXPECT_EQ(other.fingerprint, plain.fingerprint) << train;
    EXPECT_NE(other.exact_fingerprint, plain.exact_fingerprint) << train;
    EXPECT_FALSE(other.changed) << train << " keeps the result official";
    EXPECT_NE(other.text, plain.text) << train;
  }
}

TEST_F(ComputationTest, FieldsThatChangeNoNumberAreInNoFingerprint) {
  const ResolvedExperiment plain = With("");
  for (const char* train : {"precision: FLOAT32", "tf32: false", "cudnn_autotune: true",
                            "activation_checkpointing: true", "sync_batch_norm: false"}) {
    EXPECT_EQ(With(train).exact_fingerprint, plain.exact_fingerprint) << train;
  }
}

TEST_F(ComputationTest, TheAverageIsInEveryFingerprint) {
  const ResolvedExperiment plain = With("");
  EXPECT_NE(With("ema_decay: 0.9").fingerprint, plain.fingerprint);
  EXPECT_TRUE(With("ema_decay: 0.9").changed);
}

TEST_F(ComputationTest, StatisticsOfAllProcessesAreInEveryFingerprint) {
  const std::string trained = "batch_norm: TRAINED ";
  const ResolvedExperiment plain = With(trained), synchronised = With(trained + "sync_batch_norm: true");
  EXPECT_NE(synchronised.fingerprint, plain.fingerprint);
  EXPECT_NE(synchronised.exact_fingerprint, plain.exact_fingerprint);
}

TEST(PrecisionNameTest, OfConfigAndDevice) {
  Experiment experiment;
  EXPECT_EQ(PrecisionName(experiment, "cpu"), "float32");
  experiment.mutable_train()->set_tf32(true);
  EXPECT_EQ(PrecisionName(experiment, "cpu"), "float32") << "only CUDA has it";
  EXPECT_EQ(PrecisionName(experiment, "cuda:1"), "tf32");
  experiment.mutable_model()->set_precision(ModelConfig::BFLOAT16);
  EXPECT_EQ(PrecisionName(experiment, "cpu"), "bfloat16");
  experiment.mutable_train()->set_precision(TrainConfig::FLOAT16);
  EXPECT_EQ(PrecisionName(experiment, "cuda"), "float16");
}

}  // namespace
}  // namespace mrsn::experiments
