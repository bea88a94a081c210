#include "experiments/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;

constexpr char kModel[] = "model { num_classes: 3 slow_only {} mrsn { width: 64 } }\n";

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::string(std::getenv("TEST_TMPDIR")) + "/" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    Write("base/b",
          std::string(kModel) +
              "train {\n  epochs: 6\n  decay_epochs: 5.6\n  decay_epochs: 5.8\n  batch_norm: TRAINED\n}\n");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name + ".textproto", text).ok());
  }

  // The message of the error, with the root folder written as R.
  std::string ErrorOf(const std::string& name, const std::string& override_text = "") {
    const auto loaded = LoadExperiment(root_, name, override_text);
    return loaded.ok() ? "no error" : absl::StrReplaceAll(loaded.status().message(), {{root_, "R"}});
  }
  std::string ErrorOfTrain(const std::string& train) {
    Write("x", "base: \"base/b\"\ntrain {\n  " + train + "\n}\n");
    return ErrorOf("x");
  }

  std::string root_;
};

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

TEST_F(ConfigTest, RangesOfTrain) {
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

TEST_F(ConfigTest, AValueOfTheBaseThatTheChildMakesWrong) {
  // The decay epochs are the base's, the shorter training is the child's.
  EXPECT_EQ(ErrorOfTrain("epochs: 5"),
            "R/base/b.textproto:4:3: train.decay_epochs[0] is 5.6; allowed: above 0 (ascending), below "
            "train.epochs, 5");
}

TEST_F(ConfigTest, RangesOfEvalAndExpected) {
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

TEST_F(ConfigTest, ModelAndInputs) {
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
TEST_F(ConfigTest, FrozenNormsNeedTrainedWeights) {
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

TEST_F(ConfigTest, PretrainingIsThatOfAFile) {
  Write("x", "base: \"base/b\"\ninputs { pretraining: \"K400\" }");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:10: inputs.pretraining is \"K400\"; allowed: only with "
            "inputs.pretrained_backbone");
  EXPECT_EQ(ErrorOf("x", "inputs { pretrained_backbone: \"a.pyth\" }"), "no error");
}

TEST_F(ConfigTest, ActsProtocolSeesEveryFrame) {
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

TEST_F(ConfigTest, DetectorsThatFindBoxesThemselves) {
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

// The table of compatibility.h, row by row, against what peers' sources say.
TEST_F(ConfigTest, CompatibilitySetsWhatIsNotSet) {
  const auto resolved = [&](const char* framework, const char* model = "slow_fast {}") {
    Write("x", absl::StrCat("train { batch_norm: TRAINED }\ncompatibility: ", framework,
                            "\nmodel { num_classes: 80 linear {} ", model, " }"));
    const auto loaded = LoadExperiment(root_, "x");
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? loaded->experiment : Experiment();
  };
  const struct {
    const char* framework;
    bool norm, bias;
    int kernel, dilation;
    bool pool_padding;
    int roi_size;
    bool aligned;
    RoiConfig::Scale scale;
    bool drop_first;
    ClipConfig::SlowFrames slow_frames;
  } rows[] = {
      {"PYSLOWFAST", true, false, 7, 2, true, 7, true, RoiConfig::STRIDE, false, ClipConfig::LINSPACE},
      {"PYTORCHVIDEO", true, false, 7, 2, true, 7, false, RoiConfig::STRIDE, false, ClipConfig::LINSPACE},
      {"MMACTION2", false, false, 7, 1, true, 8, true, RoiConfig::STRIDE, true, ClipConfig::EVERY_ALPHA},
      {"ACAR", true, false, 7, 2, true, 7, false, RoiConfig::MAP_SIZE, false, ClipConfig::LINSPACE},
      {"ALPHACTION", false, true, 5, 2, false, 7, false, RoiConfig::STRIDE, false, ClipConfig::INTERVAL_MID},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.framework);
    const Experiment experiment = resolved(row.framework);
    const SlowFastConfig& net = experiment.model().slow_fast();
    EXPECT_EQ(net.lateral().norm_and_relu(), row.norm);
    EXPECT_EQ(net.lateral().bias(), row.bias);
    EXPECT_EQ(net.lateral().kernel(), row.kernel);
    EXPECT_EQ(net.slow().res5_dilation(), row.dilation);
    EXPECT_EQ(net.slow().stem_pool_padding(), row.pool_padding);
    EXPECT_EQ(experiment.model().roi().output_size(), row.roi_size);
    EXPECT_EQ(experiment.model().roi().aligned(), row.aligned);
    EXPECT_EQ(experiment.model().roi().scale(), row.scale);
    EXPECT_EQ(experiment.model().linear().dropout_before_pool(), row.drop_first);
    EXPECT_EQ(experiment.train_data().clip().slow_frames(), row.slow_frames);
    EXPECT_EQ(experiment.eval_data().clip().slow_frames(), row.slow_frames);
    EXPECT_EQ(experiment.eval_data().transform().short_side(), 256);
  }
  // Pixels: from configurations of the frameworks. AlphAction's mean is Caffe's, whose BGR order it turns
  // around.
  const auto pixels = [&](const char* framework, const char* model = "slow_fast {}") {
    const TransformConfig transform = resolved(framework, model).train_data().transform();
    EXPECT_EQ(transform.DebugString(), resolved(framework, model).eval_data().transform().DebugString());
    EXPECT_EQ(transform.channel_order(), TransformConfig::RGB);
    return absl::StrCat(transform.pixel_divisor(), ": ", absl::StrJoin(transform.mean(), " "), " / ",
                        absl::StrJoin(transform.std(), " "));
  };
  for (const char* framework : {"PYSLOWFAST", "PYTORCHVIDEO", "ACAR"}) {
    EXPECT_EQ(pixels(framework), "255: 0.45 / 0.225") << framework;
  }
  EXPECT_EQ(pixels("MMACTION2"), "1: 123.675 116.28 103.53 / 58.395 57.12 57.375");
  EXPECT_EQ(pixels("ALPHACTION"), "1: 122.772 115.947 102.98 / 57.375");
  EXPECT_EQ(pixels("ACAR", "slow_fast { slow { depth: 101 } }"),
            "1: 110.637 103.161 96.2902 / 38.7569 37.8825 40.029");
  const Experiment acar = resolved("ACAR", "slow_fast { slow { depth: 101 } }");
  EXPECT_FALSE(acar.model().slow_fast().lateral().norm_and_relu());
  EXPECT_EQ(acar.model().slow_fast().lateral().kernel(), 5);
  EXPECT_EQ(acar.train_data().clip().slow_frames(), ClipConfig::EVERY_ALPHA);
  EXPECT_EQ(pixels("MMACTION2",
                   "slow_fast {} } train_data { transform { std: 2 } } eval_data { transform { std: 2 }"),
            "0:  / 2");
  // What the experiment says itself stays, and its other backbone is not made up.
  const Experiment own = resolved("MMACTION2", "slow_only { res5_dilation: 4 } roi { output_size: 7 }");
  EXPECT_EQ(own.model().slow_only().res5_dilation(), 4);
  EXPECT_EQ(own.model().roi().output_size(), 7);
  EXPECT_TRUE(own.model().roi().aligned());
  EXPECT_FALSE(own.model().has_slow_fast());
  Write("x", "base: \"base/b\"\ncompatibility: 9");
  EXPECT_EQ(ErrorOf("x"),
            "R/x.textproto:2:1: compatibility is 9; allowed: PYSLOWFAST, PYTORCHVIDEO, MMACTION2, ACAR, "
            "ALPHACTION");
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

// Beside the tree, in a folder of the user's.
class OutsideTest : public ConfigTest {
 protected:
  void SetUp() override {
    ConfigTest::SetUp();
    Write("micro/acre", "base: \"base/b\"\nmodel { mrsn { acre {} } }");
    user_ = root_ + "/../user." + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    user_ = std::filesystem::path(user_).lexically_normal();
    std::filesystem::remove_all(user_);
  }
  std::string UserFile(const std::string& name, const std::string& text) {
    const std::string path = user_ + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return path;
  }
  std::string ErrorOf(const std::string& path) {
    return absl::StrReplaceAll(ConfigTest::ErrorOf(path), {{user_, "U"}});
  }

  std::string user_;
};

TEST_F(OutsideTest, AnExperimentStandsOnTheTreeByName) {
  const std::string path = UserFile("my.textproto", "base: \"micro/acre\"\ntrain { epochs: 7 }");
  const auto mine = LoadExperiment(root_, path);
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->name, "my");
  EXPECT_EQ(mine->source, path);
  EXPECT_EQ(mine->path, path);
  EXPECT_FALSE(mine->changed);
  EXPECT_TRUE(mine->experiment.model().mrsn().has_acre());
  EXPECT_EQ(mine->experiment.train().epochs(), 7);
}

TEST_F(OutsideTest, FilesBesideIt) {
  UserFile("common/first.textproto", "base: \"micro/acre\"\ninputs { initialise_from: \"pre.textproto\" }");
  UserFile("common/pre.textproto", "base: \"base/b\"");
  const std::string path = UserFile(
      "my.textproto", "base: \"common/first.textproto\"\ninputs { relation_bank_from: \"micro/acre\" }");
  const auto mine = LoadExperiment(root_, path);
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->experiment.inputs().initialise_from(), user_ + "/common/pre.textproto");
  EXPECT_EQ(mine->experiment.inputs().relation_bank_from(), "micro/acre");
  // A folder of another name changes nothing that is measured.
  const std::string before = user_;
  user_ += ".moved";
  std::filesystem::remove_all(user_);
  std::filesystem::rename(before, user_);
  const auto moved = LoadExperiment(root_, user_ + "/my.textproto");
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fingerprint, mine->fingerprint);
}

TEST_F(OutsideTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(ErrorOf(user_ + "/my.textproto"), "there is no file U/my.textproto");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"micro/acer\"")),
            "U/my.textproto:1:1: base: unknown experiment 'micro/acer': there is no R/micro/acer.textproto; "
            "did you mean micro/acre?");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "\nbase: \"other.textproto\"")),
            "U/my.textproto:2:1: base: there is no file U/other.textproto");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"my.textproto\"")),
            "U/my.textproto:1:1: base: the bases form a cycle: U/my.textproto -> U/my.textproto "
            "(U/my.textproto)");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"base/b\"\ntrain { batch_size: 0 }")),
            "U/my.textproto:2:9: train.batch_size is 0; allowed: 1 to 4096");
  EXPECT_EQ(
      ErrorOf(UserFile("my.textproto", "base: \"base/b\"\ninputs { initialise_from: \"pre.textproto\" }")),
      "U/my.textproto:2:10: inputs.initialise_from: there is no file U/pre.textproto");
  // Only files outside the tree refer to files.
  Write("x", "base: \"micro/acre.textproto\"");
  EXPECT_THAT(ErrorOf("x"), ::testing::HasSubstr("unknown experiment 'micro/acre.textproto'"));
}

TEST_F(OutsideTest, ThreeFilesOutsideOnThreeInside) {
  Write("deep", "base: \"micro/acre\"");
  UserFile("c.textproto", "base: \"deep\"");
  UserFile("b.textproto", "base: \"c.textproto\"");
  EXPECT_EQ(ErrorOf(UserFile("a.textproto", "base: \"b.textproto\"")), "no error");
  EXPECT_THAT(ErrorOf(UserFile("z.textproto", "base: \"a.textproto\"")),
              ::testing::HasSubstr("more than 3 files deep"));
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
