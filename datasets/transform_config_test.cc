#include "datasets/transform_config.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

struct Read {
  TransformOptions options;
  std::string error;
};

Read Of(const std::string& transform) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("transform { " + transform + " }", &config));
  ConfigReader reader(config, "dataset");
  const TransformOptions options = ReadTransform(config.transform(), 256, &reader);
  return {options, std::string(reader.status().message())};
}

TEST(TransformConfigTest, DefaultsArePySlowFasts) {
  const TransformOptions options = Of("").options;
  EXPECT_EQ(options.scaling.divisor, 255);
  EXPECT_EQ(options.scaling.mean, (std::array<float, 3>{0.45f, 0.45f, 0.45f}));
  EXPECT_EQ(options.scaling.std, (std::array<float, 3>{0.225f, 0.225f, 0.225f}));
  EXPECT_FALSE(options.scaling.bgr);
  EXPECT_EQ(options.short_side, 256);
}

TEST(TransformConfigTest, OneNumberMeansAllColoursAndThreeMeanEach) {
  const PixelScaling one = Of("mean: 0.5 std: 0.25").options.scaling;
  EXPECT_EQ(one.mean, (std::array<float, 3>{0.5f, 0.5f, 0.5f}));
  EXPECT_EQ(one.std, (std::array<float, 3>{0.25f, 0.25f, 0.25f}));
  const PixelScaling three =
      Of("pixel_divisor: 1 channel_order: BGR mean: [123.675, 116.28, 103.53] std: [58.395, 57.12, 57.375]")
          .options.scaling;
  EXPECT_EQ(three.mean, (std::array<float, 3>{123.675f, 116.28f, 103.53f}));
  EXPECT_EQ(three.std, (std::array<float, 3>{58.395f, 57.12f, 57.375f}));
  EXPECT_EQ(three.divisor, 1);
  EXPECT_TRUE(three.bgr);
}

TEST(TransformConfigTest, AugmentationByName) {
  EXPECT_EQ(Of("").options.augmentation, Augmentation::kNoneOrFlip);
  EXPECT_EQ(Of("augmentation: ACAR").options.augmentation, Augmentation::kAcar);
  EXPECT_EQ(Of("augmentation: ALPHACTION").options.augmentation, Augmentation::kAlphAction);
  const PySlowFastOptions own = Of("augmentation: PYSLOWFAST").options.pyslowfast;
  EXPECT_EQ(own.min_short_side, 256);
  EXPECT_EQ(own.max_short_side, 320);
  EXPECT_EQ(own.crop, 224);
  EXPECT_EQ(own.colour_jitter, 0);
  const PySlowFastOptions other =
      Of("augmentation: PYSLOWFAST pyslowfast { crop: 200 colour_jitter: 0.4 pca_jitter: 0.1 }")
          .options.pyslowfast;
  EXPECT_EQ(other.crop, 200);
  EXPECT_FLOAT_EQ(other.colour_jitter, 0.4f);
  EXPECT_FLOAT_EQ(other.pca_jitter, 0.1f);
  EXPECT_THAT(Of("augmentation: ACAR pyslowfast { crop: 200 }").error,
              ::testing::HasSubstr("allowed: only with augmentation PYSLOWFAST"));
  EXPECT_EQ(Of("augmentation: PYSLOWFAST pyslowfast { crop: 300 }").error,
            "dataset.transform.pyslowfast.crop is 300; allowed: 16 to 256");
  EXPECT_EQ(Of("augmentation: PYSLOWFAST pyslowfast { max_short_side: 200 }").error,
            "dataset.transform.pyslowfast.max_short_side is 200; allowed: 256 to 2048");
}

TEST(TransformConfigTest, Refuses) {
  EXPECT_EQ(Of("mean: [1, 2]").error,
            "dataset.transform.mean is 2 numbers; allowed: one number, or three: for R, G and B");
  EXPECT_EQ(Of("std: [1, 2, 0]").error, "dataset.transform.std is 0; allowed: 1e-06 to 1000");
  EXPECT_EQ(Of("mean: nan").error, "dataset.transform.mean is nan; allowed: -1000 to 1000");
  EXPECT_EQ(Of("pixel_divisor: 0").error, "dataset.transform.pixel_divisor is 0; allowed: 1e-06 to 1000");
}

}  // namespace
}  // namespace mrsn::datasets
