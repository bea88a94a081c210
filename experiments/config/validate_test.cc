#include "experiments/config/validate.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/testing/config_files.h"

namespace mrsn::experiments {
namespace {

using ValidateTest = ConfigFiles;

TEST_F(ValidateTest, RangesOfTrain) {
  EXPECT_EQ(ErrorOfTrain("batch_size: 0"), "R/x.textproto:3:3: train.batch_size is 0; allowed: 1 to 4096");
  EXPECT_EQ(ErrorOfTrain("epochs: -1"),
            "R/x.textproto:3:3: train.epochs is -1; allowed: above 0, at most 1000000");
  EXPECT_EQ(ErrorOfTrain("epochs: inf"),
            "R/x.textproto:3:3: train.epochs is inf; allowed: above 0, at most 1000000");
  EXPECT_EQ(ErrorOfTrain("learning_rate: nan"),
            "R/x.textproto:3:3: train.learning_rate is nan; allowed: above 0, at most 1000");
  EXPECT_EQ(ErrorOfTrain("decay_epochs: 2 decay_epochs: 1"),
            "R/x.textproto:3:19: train.decay_epochs[1] is 1; allowed: above 2 (ascending), below "
            "train.epochs, 6");
  EXPECT_EQ(ErrorOfTrain("decay_factor: 0"),
            "R/x.textproto:3:3: train.decay_factor is 0; allowed: above 0, at most 1");
  EXPECT_EQ(ErrorOfTrain("warmup_epochs: 7"),
            "R/x.textproto:3:3: train.warmup_epochs is 7; allowed: 0 to train.epochs, 6");
  EXPECT_EQ(ErrorOfTrain("warmup_start_learning_rate: -0.1"),
            "R/x.textproto:3:3: train.warmup_start_learning_rate is -0.1; allowed: 0 or more");
  EXPECT_EQ(ErrorOfTrain("momentum: 1"),
            "R/x.textproto:3:3: train.momentum is 1; allowed: 0 or more, below 1");
  EXPECT_EQ(ErrorOfTrain("momentum: 0 nesterov: true"),
            "R/x.textproto:3:15: train.nesterov is true; allowed: only with train.momentum above 0");
  EXPECT_EQ(ErrorOfTrain("most_unreadable: 0.1"),
            "R/x.textproto:3:3: train.most_unreadable is 0.1; allowed: only with train.unreadable_clips "
            "SKIP_AND_COUNT");
  EXPECT_EQ(ErrorOfTrain("weight_decay: -1"),
            "R/x.textproto:3:3: train.weight_decay is -1; allowed: 0 or more");
  EXPECT_EQ(ErrorOfTrain("gradient_clip_norm: -1"),
            "R/x.textproto:3:3: train.gradient_clip_norm is -1; allowed: 0 or more");
  EXPECT_EQ(ErrorOfTrain("loss: 9"), "R/x.textproto:3:3: train.loss is 9; allowed: BCE, SOFTMAX");
  EXPECT_EQ(ErrorOfTrain("checkpoint_every_iterations: 0"),
            "R/x.textproto:3:3: train.checkpoint_every_iterations is 0; allowed: 1 or more");
}

TEST_F(ValidateTest, PrecisionAverageAndMemory) {
  EXPECT_EQ(ErrorOfTrain("precision: 9"),
            "R/x.textproto:3:3: train.precision is 9; allowed: FLOAT32, BFLOAT16, FLOAT16");
  EXPECT_EQ(ErrorOfTrain("precision: FLOAT16 loss_scaling { initial_scale: 1024 }"), "no error");
  EXPECT_THAT(ErrorOfTrain("loss_scaling {}"), ::testing::HasSubstr("only with train.precision FLOAT16"));
  EXPECT_EQ(ErrorOfTrain("precision: FLOAT16 loss_scaling { initial_scale: 0.5 }"),
            "R/x.textproto:3:37: train.loss_scaling.initial_scale is 0.5; allowed: 1 to 16777216");
  EXPECT_EQ(ErrorOfTrain("precision: FLOAT16 loss_scaling { growth_factor: 1 }"),
            "R/x.textproto:3:37: train.loss_scaling.growth_factor is 1; allowed: above 1, at most 16");
  EXPECT_EQ(ErrorOfTrain("precision: FLOAT16 loss_scaling { growth_interval: 0 }"),
            "R/x.textproto:3:37: train.loss_scaling.growth_interval is 0; allowed: 1 or more");
  EXPECT_EQ(ErrorOfTrain("ema_decay: 1"),
            "R/x.textproto:3:3: train.ema_decay is 1; allowed: 0 or more, below 1");
  Write("x", "base: \"base/b\"\nmodel { precision: BFLOAT16 }\ntrain { precision: FLOAT16 }");
  EXPECT_EQ(
      ErrorOf("x"),
      "R/x.textproto:3:9: train.precision is FLOAT16; allowed: FLOAT32 or BFLOAT16 with model.precision "
      "BFLOAT16");
}

TEST_F(ValidateTest, NormsOfAllProcessesAndStagesComputedAgain) {
  EXPECT_EQ(ErrorOfTrain("sync_batch_norm: true"), "no error");
  EXPECT_EQ(ErrorOfTrain("activation_checkpointing: true"), "no error");
  const auto with = [&](const std::string& model, const std::string& train) {
    Write("x", absl::StrCat("base: \"base/b\"\ninputs { pretrained_backbone: \"w.pyth\" }\n", model,
                            "train { ", train, " }"));
    return ErrorOf("x");
  };
  EXPECT_EQ(with("", "batch_norm: FROZEN sync_batch_norm: true"),
            "R/x.textproto:3:28: train.sync_batch_norm is true; allowed: only with train.batch_norm TRAINED");
  EXPECT_EQ(with("model { acrn {} }\n", "batch_norm: FROZEN sync_batch_norm: true"), "no error")
      << "its head trains norms whatever the backbone does";
  Write("x",
        "model { num_classes: 24 step {} }\neval_data { clip { frames: 36 } }\n"
        "train { batch_norm: TRAINED sync_batch_norm: true }");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:3:29: train.sync_batch_norm is true; allowed: false with model.step");
  Write("x",
        "model { num_classes: 24 act {} }\neval_data { clip { frames: 6 } }\n"
        "train { loss: SOFTMAX batch_norm: TRAINED activation_checkpointing: true }");
  EXPECT_EQ(
      ErrorOf("x"),
      "R/x.textproto:3:43: train.activation_checkpointing is true; allowed: false with model.act, which "
      "has no stages");
}

TEST_F(ValidateTest, FrozenBackbone) {
  EXPECT_EQ(ErrorOfTrain("frozen_backbone: true"),
            "R/x.textproto:3:3: train.frozen_backbone is true; allowed: only with train.batch_norm FROZEN");
  const auto error = [&](const std::string& more) {
    Write("pre", "base: \"base/b\"");
    Write("x", absl::StrCat("base: \"base/b\"\ninputs { initialise_from: \"pre\" }\n",
                            "train { batch_norm: FROZEN frozen_backbone: true ", more));
    return ErrorOf("x");
  };
  EXPECT_EQ(error("}"), "no error");
  EXPECT_THAT(error("precision: BFLOAT16 }"), ::testing::HasSubstr("only with train.precision FLOAT32"));
  EXPECT_THAT(error("}\ntrain_data { ucf24 {} transform { augmentation: ACAR } }"),
              ::testing::HasSubstr("only with transform.augmentation NONE_OR_FLIP"));
}

TEST_F(ValidateTest, AValueOfTheBaseThatTheChildMakesWrong) {
  // The decay epochs are the base's, the shorter training is the child's.
  EXPECT_EQ(ErrorOfTrain("epochs: 5"),
            "R/base/b.textproto:4:3: train.decay_epochs[0] is 5.6; allowed: above 0 (ascending), below "
            "train.epochs, 5");
}

TEST_F(ValidateTest, RangesOfEvalAndExpected) {
  Write("x", "base: \"base/b\"\neval { protocol: \"oficial\" }");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:8: eval.protocol: unknown protocol 'oficial'; there are official_2019, "
            "official_2018, official_2020, pyslowfast, acar, mmaction2, yowo, act, voc, voc11");
  Write("x", "base: \"base/b\"\neval { iou: 0 }");
  EXPECT_EQ(ErrorOf("x"), "R/x.textproto:2:8: eval.iou is 0; allowed: above 0, at most 1");
  Write("x", "base: \"base/b\"\nexpected { metric: \"map\" value: 1 tolerance: 0 }");
  EXPECT_EQ(ErrorOf("x"), "R/x.textproto:2:12: expected[0].metric is \"map\"; allowed: \"frame_map\"");
  Write("x", "base: \"base/b\"\nexpected { metric: \"frame_map\" value: 90 tolerance: 0 }");
  EXPECT_EQ(ErrorOf("x"), "R/x.textproto:2:32: expected[0].value is 90; allowed: 0 to 1");
}

TEST_F(ValidateTest, ModelAndInputs) {
  Write("x", "model { linear {} }");
  EXPECT_EQ(
      ErrorOf("x"),
      "R/x.textproto:1:1: model.backbone is not set; allowed: slow_only, slow_fast, inception, two_stream");
  Write("x", "model { slow_only {} }");
  EXPECT_THAT(ErrorOf("x"), ::testing::StartsWith(
                                "R/x.textproto:1:1: model.head is not set; allowed: linear, mrsn, acrn, "));
  Write("x", "base: \"base/b\"\nmodel { mrsn { acre {} long_term {} } }");
  EXPECT_EQ(
      ErrorOf("x"),
      "R/x.textproto: inputs.relation_bank_from is not set; allowed: the experiment whose trained model "
      "writes the bank that model.mrsn reads");
  Write("x",
        "base: \"base/b\"\nmodel { aia { asynchronous_memory: true } }\n"
        "inputs { relation_bank_from: \"y\" }");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:3:10: inputs.relation_bank_from is \"y\"; allowed: none with "
            "model.aia, which writes its own memory");
  const std::pair<const char*, const char*> readers[] = {
      {"lfb {}", "model.lfb"}, {"aia {}", "model.aia"}, {"acar { long_term {} }", "model.acar"}};
  for (const auto& [head, reader] : readers) {
    Write("x", absl::StrCat("base: \"base/b\"\nmodel { ", head, " }"));
    EXPECT_THAT(ErrorOf("x"), ::testing::HasSubstr(absl::StrCat("writes the bank that ", reader, " reads")));
  }
  Write("x", "base: \"base/b\"\nmodel { acar {} }");
  EXPECT_EQ(ErrorOf("x"), "no error");
  Write("x", "base: \"base/b\"\ninputs { initialise_from: \"yyyyy\" }");
  Write("yyyyyy", "base: \"base/b\"");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:10: inputs.initialise_from: unknown experiment 'yyyyy': there is no "
            "R/yyyyy.textproto; "
            "did you mean yyyyyy?");
}

// The statistics of random weights are 0 and 1.
TEST_F(ValidateTest, FrozenNormsNeedTrainedWeights) {
  const std::string refused =
      "allowed: TRAINED for a backbone of random weights, with neither inputs.pretrained_backbone nor "
      "inputs.initialise_from";
  EXPECT_EQ(ErrorOfTrain("batch_norm: FROZEN"), "R/x.textproto:3:3: train.batch_norm is FROZEN; " + refused);
  EXPECT_EQ(ErrorOfTrain("batch_norm: FROZEN_STATISTICS"),
            "R/x.textproto:3:3: train.batch_norm is FROZEN_STATISTICS; " + refused);
  EXPECT_EQ(ErrorOfTrain("batch_norm: 7"),
            "R/x.textproto:3:3: train.batch_norm is 7; allowed: FROZEN, FROZEN_STATISTICS, TRAINED");
  EXPECT_EQ(ErrorOfTrain("freeze_batch_norm: true"),
            "R/x.textproto:3:3: train.batch_norm is FROZEN; " + refused);
  Write("x", std::string(kModel));
  EXPECT_EQ(ErrorOf("x"), "R/x.textproto: train.batch_norm is FROZEN; " + refused) << "the default";
  EXPECT_EQ(ErrorOf("x", "train { batch_norm: TRAINED }"), "no error");
  for (const std::string batch_norm : {"FROZEN", "FROZEN_STATISTICS", "TRAINED"}) {
    const std::string train = "train { batch_norm: " + batch_norm + " }";
    EXPECT_EQ(ErrorOf("x", train + "inputs { initialise_from: \"base/b\" }"), "no error");
    EXPECT_EQ(ErrorOf("x", train + "inputs { pretrained_backbone: \"a.pyth\" }"), "no error");
  }
}

TEST_F(ValidateTest, PretrainingIsThatOfAFile) {
  Write("x", "base: \"base/b\"\ninputs { pretraining: \"K400\" }");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:10: inputs.pretraining is \"K400\"; allowed: only with "
            "inputs.pretrained_backbone");
  EXPECT_EQ(ErrorOf("x", "inputs { pretrained_backbone: \"a.pyth\" }"), "no error");
}

TEST_F(ValidateTest, ActsProtocolSeesEveryFrame) {
  Write("x", "base: \"base/b\"\neval { protocol: \"act\" }\neval_data { ucf24 {} }");
  const auto act = LoadExperiment(root_, "x");
  ASSERT_TRUE(act.ok()) << act.status();
  EXPECT_EQ(act->experiment.eval_data().ucf24().inference_keyframes(), Ucf24Config::EVERY_FRAME);
  EXPECT_EQ(ErrorOf("x", "eval_data { ucf24 { inference_keyframes: ANNOTATED } }"),
            "override:1:21: eval_data.ucf24.inference_keyframes is ANNOTATED; allowed: EVERY_FRAME with "
            "eval.protocol \"act\"");
  const auto voc = LoadExperiment(root_, "x", "eval { protocol: \"voc\" }");
  ASSERT_TRUE(voc.ok()) << voc.status();
  EXPECT_FALSE(voc->experiment.eval_data().ucf24().has_inference_keyframes());
}

TEST_F(ValidateTest, DetectorsThatFindBoxesThemselves) {
  Write("x",
        "model { num_classes: 24 act {} }\ntrain {\n  loss: SOFTMAX batch_norm: TRAINED }\ntrain_data { clip "
        "{ frames: 6 } }");
  EXPECT_EQ(ErrorOf("x"), "no error");
  EXPECT_EQ(ErrorOf("x", "train { loss: BCE }"),
            "override:1:9: train.loss is BCE; allowed: SOFTMAX with model.act");
  EXPECT_EQ(ErrorOf("x", "train_data { clip { frames: 8 } }"),
            "override:1:21: train_data.clip.frames is 8; allowed: 6 with model.act");
  EXPECT_EQ(ErrorOf("x", "train_data { clip { frames: 8 } } model { act { frames: 8 } }"), "no error");
  EXPECT_EQ(ErrorOf("x", "eval_data {}"),
            "override:1:1: eval_data.clip.frames is not set; allowed: 6 with model.act");
  Write(
      "y",
      "model { num_classes: 24 step {} }\neval_data { clip { frames: 36 } }\ntrain { batch_norm: TRAINED }");
  EXPECT_EQ(ErrorOf("y"), "no error");
  EXPECT_EQ(ErrorOf("y", "train { loss: SOFTMAX }"),
            "override:1:9: train.loss is SOFTMAX; allowed: BCE with model.step");
  EXPECT_EQ(ErrorOf("y", "eval_data { clip { frames: 32 } }"),
            "override:1:20: eval_data.clip.frames is 32; allowed: multiples of 12 with model.step");
}

}  // namespace
}  // namespace mrsn::experiments
