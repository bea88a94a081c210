#include "experiments/config/compatibility.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/testing/config_files.h"

namespace mrsn::experiments {
namespace {

using CompatibilityTest = ConfigFiles;

// The table of compatibility.h, row by row, against what peers' sources say.
TEST_F(CompatibilityTest, CompatibilitySetsWhatIsNotSet) {
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

}  // namespace
}  // namespace mrsn::experiments
