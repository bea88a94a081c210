#include "experiments/config/config.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "experiments/testing/config_files.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ConfigTest = ConfigFiles;

TEST_F(ConfigTest, ComposesThreeFiles) {
  Write("parent", "base: \"base/b\"\nmodel { mrsn { acre {} rse {} } }\ntrain { batch_size: 8 }");
  Write("child", "base: \"parent\"\nclear: \"model.mrsn.rse\"\ntrain { decay_epochs: 3 nesterov: true }");
  const auto loaded = LoadExperiment(root_, "child");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->name, "child");
  const Experiment& experiment = loaded->experiment;
  EXPECT_FALSE(experiment.has_base());
  EXPECT_EQ(experiment.clear_size(), 0);
  EXPECT_EQ(experiment.model().mrsn().width(), 64);
  EXPECT_TRUE(experiment.model().mrsn().has_acre());
  EXPECT_FALSE(experiment.model().mrsn().has_rse());
  EXPECT_EQ(experiment.train().batch_size(), 8);
  EXPECT_EQ(experiment.train().epochs(), 6);
  EXPECT_THAT(experiment.train().decay_epochs(), ElementsAre(3));
  EXPECT_TRUE(experiment.train().nesterov());
}

TEST_F(ConfigTest, ResolvedTextHasTheDefaults) {
  Write("x", "base: \"base/b\"\n");
  const auto loaded = LoadExperiment(root_, "x");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->text,
            "model {\n  num_classes: 3\n  slow_only {\n  }\n  mrsn {\n    width: 64\n  }\n}\n"
            "train {\n  batch_size: 16\n  epochs: 6\n  learning_rate: 0.04\n  decay_epochs: 5.6\n"
            "  decay_epochs: 5.8\n  decay_factor: 0.1\n  warmup_epochs: 0\n"
            "  warmup_start_learning_rate: 0\n  momentum: 0.9\n  nesterov: false\n  weight_decay: 1e-07\n"
            "  gradient_clip_norm: 0\n  loss: BCE\n  checkpoint_every_iterations: 200\n"
            "  batch_norm: TRAINED\n}\neval {\n  protocol: \"official_2019\"\n  iou: 0.5\n}\n");
  EXPECT_EQ(loaded->fingerprint.size(), 64);
}

TEST_F(ConfigTest, FingerprintIsOfWhatIsMeasured) {
  Write("x", "base: \"base/b\"\n");
  Write("described",
        "base: \"base/b\"\ndescription: \"a\"\nexpected { metric: \"frame_map\" value: 1 tolerance: 0 }");
  Write("explicit_default", "base: \"base/b\"\ntrain { momentum: 0.9 }");
  Write("other", "base: \"base/b\"\ntrain { momentum: 0.8 }");
  const std::string fingerprint = LoadExperiment(root_, "x")->fingerprint;
  EXPECT_EQ(LoadExperiment(root_, "described")->fingerprint, fingerprint);
  EXPECT_EQ(LoadExperiment(root_, "explicit_default")->fingerprint, fingerprint);
  EXPECT_NE(LoadExperiment(root_, "other")->fingerprint, fingerprint);
}

TEST_F(ConfigTest, UnknownExperimentNamesTheNearest) {
  Write("micro/acre", "base: \"base/b\"");
  Write("micro/none", "base: \"base/b\"");
  EXPECT_EQ(ErrorOf("micro/acer"),
            "unknown experiment 'micro/acer': there is no R/micro/acer.textproto; did you mean micro/acre?");
  EXPECT_EQ(ErrorOf("qqqqqqqqqq"),
            "unknown experiment 'qqqqqqqqqq': there is no R/qqqqqqqqqq.textproto; there are base/b, "
            "micro/acre, micro/none");
  EXPECT_EQ(LoadExperiment(root_, "micro/acer").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ConfigTest, NamesStayBelowTheRoot) {
  EXPECT_THAT(ErrorOf("../secret"), ::testing::StartsWith("unknown experiment '../secret'"));
  EXPECT_THAT(ErrorOf("/etc/passwd"), ::testing::StartsWith("unknown experiment '/etc/passwd'"));
  EXPECT_THAT(ErrorOf(""), ::testing::StartsWith("unknown experiment ''"));
}

TEST_F(ConfigTest, MissingBaseNamesBothFiles) {
  Write("x", "# first line\nbase: \"base/c\"");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:1: base: unknown experiment 'base/c': there is no R/base/c.textproto; did you "
            "mean base/b?");
}

TEST_F(ConfigTest, CycleNamesTheFiles) {
  Write("p", "base: \"q\"");
  Write("q", "base: \"p\"");
  EXPECT_EQ(ErrorOf("p"), "R/q.textproto:1:1: base: the bases form a cycle: p -> q -> p (R/p.textproto)");
  Write("self", "base: \"self\"");
  EXPECT_EQ(ErrorOf("self"),
            "R/self.textproto:1:1: base: the bases form a cycle: self -> self (R/self.textproto)");
}

TEST_F(ConfigTest, FourFilesAreTooDeep) {
  Write("two", "base: \"base/b\"");
  Write("three", "base: \"two\"");
  Write("four", "base: \"three\"");
  EXPECT_EQ(ErrorOf("three"), "no error");
  EXPECT_EQ(ErrorOf("four"),
            "R/two.textproto:1:1: base: more than 3 files deep: four -> three -> two -> base/b");
}

TEST_F(ConfigTest, BadClearPath) {
  Write("x", "base: \"base/b\"\nclear: \"model.mrsn.width\"\nclear: \"model.mrsn.acr\"");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:3:1: clear: \"model.mrsn.acr\": mrsn.MrsnHeadConfig has no field 'acr'; did you "
            "mean acre?");
  Write("y", std::string(kModel) + "clear: \"train\"");
  EXPECT_EQ(ErrorOf("y"), "R/y.textproto:2:1: clear: there is no base to clear anything of");
}

TEST_F(ConfigTest, ErrorsInTheBaseNameTheBase) {
  Write("base/bad", "train { epohcs: 1 }");
  Write("x", "base: \"base/bad\"");
  EXPECT_EQ(ErrorOf("x"),
            "R/base/bad.textproto:1:15: Message type \"mrsn.TrainConfig\" has no field named \"epohcs\"; did "
            "you mean epochs?");
}

// The layer on top decides, whichever name it uses.
TEST_F(ConfigTest, OldNameOfBatchNorm) {
  Write("base/old", std::string(kModel) + "train { freeze_batch_norm: false }");
  Write("x", "base: \"base/old\"");
  const auto norm = [&](const std::string& override_text) {
    const auto loaded = LoadExperiment(root_, "x", override_text);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_FALSE(loaded->experiment.train().has_freeze_batch_norm());
    return loaded->experiment.train().batch_norm();
  };
  const std::string trained = "inputs { initialise_from: \"base/old\" } ";
  EXPECT_EQ(norm(""), TrainConfig::TRAINED);
  EXPECT_EQ(norm(trained + "train { freeze_batch_norm: true }"), TrainConfig::FROZEN);
  EXPECT_EQ(norm(trained + "train { batch_norm: FROZEN_STATISTICS }"), TrainConfig::FROZEN_STATISTICS);
  EXPECT_EQ(norm(trained + "clear: \"train.freeze_batch_norm\""), TrainConfig::FROZEN) << "the default";
  Write("base/new", std::string(kModel) + "train { batch_norm: FROZEN }");
  Write("x", "base: \"base/new\"");
  EXPECT_EQ(norm("train { freeze_batch_norm: false }"), TrainConfig::TRAINED);
  EXPECT_THAT(ErrorOf("x", "train { batch_norm: TRAINED freeze_batch_norm: false }"),
              ::testing::HasSubstr("is the old name of train.batch_norm, which is set, too"));
}

TEST_F(ConfigTest, OverrideIsOneMoreLayer) {
  Write("x", "base: \"base/b\"");
  const auto loaded = LoadExperiment(root_, "x", "clear: \"train.decay_epochs\" train { epochs: 1 }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->experiment.train().epochs(), 1);
  EXPECT_EQ(loaded->experiment.train().decay_epochs_size(), 0);
  EXPECT_EQ(ErrorOf("x", "train { batch_size: 0 }"),
            "override:1:9: train.batch_size is 0; allowed: 1 to 4096");
  EXPECT_EQ(ErrorOf("x", "train { batch: 1 }"),
            "override:1:14: Message type \"mrsn.TrainConfig\" has no field named \"batch\"");
  EXPECT_EQ(ErrorOf("x", "base: \"y\""), "override: base cannot be overridden");
}

TEST_F(ConfigTest, PlacesOfFilesAreNoChange) {
  Write("x", "base: \"base/b\"\ninputs { pretrained_backbone: \"a.pyth\" }\neval_data { ava {} }");
  const auto own = LoadExperiment(root_, "x");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_FALSE(own->changed);
  const auto moved = LoadExperiment(
      root_, "x", "inputs { pretrained_backbone: \"b.pkl\" } eval_data { ava { val_boxes: \"mine.csv\" } }");
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_FALSE(moved->changed);
  EXPECT_EQ(moved->fingerprint, own->fingerprint);
  EXPECT_EQ(moved->experiment.eval_data().ava().val_boxes(), "mine.csv");
  EXPECT_TRUE(LoadExperiment(root_, "x", "eval_data { ava { val_boxes: \"\" } }")->changed) << "none at all";
  EXPECT_TRUE(LoadExperiment(root_, "x", "train { epochs: 7 }")->changed);
}

TEST_F(ConfigTest, ListLeavesBasesOut) {
  Write("micro/b", "base: \"base/b\"");
  Write("a", "base: \"base/b\"");
  EXPECT_THAT(*ListExperiments(root_), ElementsAre("a", "micro/b"));
  EXPECT_THAT(std::string(ListExperiments(root_ + "/none").status().message()),
              ::testing::HasSubstr("cannot list experiments"));
}

TEST_F(ConfigTest, BuildersErrorsGetTheirPlace) {
  Write("x", "base: \"base/b\"\nmodel {\n  mrsn { heads: 3 }\n}\ntrain_data { clip { frames: 0 } }");
  const auto loaded = LoadExperiment(root_, "x");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto placed = [&](const std::string& message, const char* root, const char* path) {
    return absl::StrReplaceAll(AtItsPlace(*loaded, absl::InvalidArgumentError(message), root, path).message(),
                               {{root_, "R"}});
  };
  EXPECT_EQ(placed("model.mrsn.heads is 3; allowed: the divisors of width, 64", "model", "model"),
            "R/x.textproto:3:10: model.mrsn.heads is 3; allowed: the divisors of width, 64");
  EXPECT_EQ(placed("dataset.clip.frames is 0; allowed: 1 to 128", "dataset", "train_data"),
            "R/x.textproto:5:21: train_data.clip.frames is 0; allowed: 1 to 128");
  EXPECT_EQ(placed("videos/a.mp4: cannot read", "dataset", "train_data"), "videos/a.mp4: cannot read");
}

}  // namespace
}  // namespace mrsn::experiments
