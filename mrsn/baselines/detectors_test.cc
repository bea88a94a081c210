// Detectors that find boxes themselves, from their configurations: sizes, shapes, and errors.
#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/model_config.pb.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

ModelConfig Parse(const std::string& text) {
  ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

std::string ErrorOf(const std::string& text) {
  const auto built = BuildDetector(Parse("num_classes: 24 " + text), torch::kMeta);
  return built.ok() ? "no error" : std::string(built.status().message());
}

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(DetectorsTest, ActAtItsPublishedSize) {
  const auto built = BuildDetector(Parse("num_classes: 24 act {}"), torch::kMeta);
  ASSERT_TRUE(built.ok()) << built.status();
  Detector& act = **built;
  EXPECT_EQ(act.needs().classes, 24);
  EXPECT_FALSE(act.needs().boxes);
  EXPECT_TRUE(act.needs().tubelets);
  EXPECT_FALSE(act.needs().flow);
  // The backbone's are SSD300's; the head's, 9 (6 C) P 49 + 49 P over the levels' channels C and
  // anchors in a cell P: sum of C P is 14848, of P 30.
  EXPECT_EQ(Count(*act.named_children()["backbone"]), 22943936);
  EXPECT_EQ(Count(*act.named_children()["head"]), 9 * 6 * 14848 * 49 + 30 * 49);
  const DetectorInput input = MakeInput({1, 6, 300, 300}, act.needs(), at::kMeta);
  const std::vector<at::Tensor> made = act.ForwardForCounting(input);
  ASSERT_EQ(made.size(), 2);
  EXPECT_EQ(made[0].sizes(), (at::IntArrayRef{1, 8732, 25}));
  EXPECT_EQ(made[1].sizes(), (at::IntArrayRef{1, 8732, 6, 4}));
  EXPECT_TRUE(made[0].requires_grad());
  act.BackboneForCounting(input);
  const DetectorInput resized = MakeInput({2, 6, 240, 320}, act.needs(), at::kMeta);
  EXPECT_EQ(act.ForwardForCounting(resized)[0].sizes(), (at::IntArrayRef{2, 8732, 25}));
}

// Parameters of an Inception module, with two of batch norm for each channel out.
int64_t Module(int64_t in, int64_t b0, int64_t b1a, int64_t b1b, int64_t b2a, int64_t b2b, int64_t b3b) {
  return (in + 2) * (b0 + b1a + b2a + b3b) + (27 * b1a + 2) * b1b + (27 * b2a + 2) * b2b;
}

// I3D up to mixed_4f.
int64_t I3d(int64_t input_channels) {
  return (343 * input_channels + 2) * 64 + (64 + 2) * 64 + (27 * 64 + 2) * 192 +
         Module(192, 64, 96, 128, 16, 32, 32) + Module(256, 128, 128, 192, 32, 96, 64) +
         Module(480, 192, 96, 208, 16, 48, 64) + Module(512, 160, 112, 224, 24, 64, 64) +
         Module(512, 128, 128, 256, 24, 64, 64) + Module(512, 112, 144, 288, 32, 64, 64) +
         Module(528, 256, 160, 320, 32, 128, 128);
}

int64_t Mixed5(int64_t channels) {
  return Module(channels, 256, 160, 320, 32, 128, 128) + Module(832, 384, 192, 384, 48, 128, 128);
}

int64_t StepHead(int64_t channels, bool anticipates) {
  const int64_t flat = 256 * 49;
  return Mixed5(channels) + (1024 + 1) * 256 + (flat + 1024 + 1) * 24 +  // global
         (channels + 256) * (1024 + 256) + 2 * 1024 * 256 + 3 * 9 * 256 * 256 + 3 * 256 * 1024 +
         (1024 + 1) * 256 + (anticipates ? 3 : 1) * (flat + 1) * 4;  // local
}

TEST(DetectorsTest, StepAtItsPublishedSize) {
  for (const bool flow : {false, true}) {
    const auto built = BuildDetector(
        Parse(flow ? "num_classes: 24 step {}" : "num_classes: 24 step { flow: false }"), torch::kMeta);
    ASSERT_TRUE(built.ok()) << built.status();
    Detector& step = **built;
    EXPECT_EQ(step.needs().classes, 24);
    EXPECT_FALSE(step.needs().boxes);
    EXPECT_TRUE(step.needs().tubelets);
    EXPECT_EQ(step.needs().flow, flow);
    const int64_t channels = flow ? 1664 : 832;
    EXPECT_EQ(Count(*step.named_children()["backbone"]), I3d(3) + (flow ? I3d(2) : 0));
    EXPECT_EQ(Count(*step.named_children()["head"]),
              Mixed5(channels) + 2 * StepHead(channels, false) + StepHead(channels, true));
    const DetectorInput input = MakeInput({1, 36, 256, 256}, step.needs(), at::kMeta);
    const std::vector<at::Tensor> made = step.ForwardForCounting(input);
    ASSERT_EQ(made.size(), 8);
    EXPECT_EQ(made[1].sizes(), (at::IntArrayRef{11, 3, 4}));
    EXPECT_EQ(made[6].sizes(), (at::IntArrayRef{11, 24}));
    EXPECT_EQ(made[7].sizes(), (at::IntArrayRef{11, 9, 4}));
    step.BackboneForCounting(input);
  }
}

TEST(DetectorsTest, BuildModelRefusesThem) {
  for (const char* text : {"num_classes: 24 act {}", "num_classes: 24 step {}"}) {
    const auto built = BuildModel(Parse(text), torch::kMeta);
    EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(built.status().message()), HasSubstr("takes no boxes"));
  }
}

TEST(DetectorsTest, BuildDetectorBuildsTheOthers) {
  const auto built = BuildDetector(Parse("num_classes: 24 slow_only {} linear {}"), torch::kMeta);
  ASSERT_TRUE(built.ok()) << built.status();
  EXPECT_TRUE((*built)->needs().boxes);
}

TEST(DetectorsTest, ErrorsNameTheField) {
  EXPECT_EQ(std::string(BuildDetector(Parse("act {}"), torch::kMeta).status().message()),
            "model.num_classes is not set; allowed: 1 to 100000");
  EXPECT_EQ(ErrorOf("act { frames: 0 }"), "model.act.frames is 0; allowed: 1 to 128");
  EXPECT_EQ(ErrorOf("act { input_size: 63 }"), "model.act.input_size is 63; allowed: 64 to 2048");
  EXPECT_EQ(ErrorOf("act { width_divisor: 3 }"),
            "model.act.width_divisor is 3; allowed: powers of 2 from 1 to 32");
  EXPECT_EQ(ErrorOf("step { width_divisor: 16 }"),
            "model.step.width_divisor is 16; allowed: powers of 2 from 1 to 8");
  EXPECT_EQ(ErrorOf("step { dropout: 1 }"), "model.step.dropout is 1; allowed: 0 to 0.99");
  EXPECT_EQ(ErrorOf("step { grids { size: 0.5 } grids { size: 1.5 } }"),
            "model.step.grids[1].size is 1.5; allowed: above 0, at most 1");
  EXPECT_EQ(ErrorOf("step { grids {} }"), "model.step.grids[0].size is not set; allowed: above 0, at most 1");
  EXPECT_EQ(ErrorOf("step { grids { size: 1 per_axis: 0 } }"),
            "model.step.grids[0].per_axis is 0; allowed: 1 to 16");
  EXPECT_EQ(ErrorOf("slow_fast {} step {}"),
            "model.backbone is set; allowed: nothing with step, which has a backbone of its own");
  const std::string own = "; allowed: nothing with act, which has a backbone of its own";
  EXPECT_EQ(ErrorOf("slow_only {} act {}"), "model.backbone is set" + own);
  EXPECT_EQ(ErrorOf("temporal_pool: MAX act {}"), "model.temporal_pool is set" + own);
  EXPECT_EQ(ErrorOf("roi {} act {}"), "model.roi is set" + own);
  EXPECT_EQ(ErrorOf("precision: BFLOAT16 act {}"), "model.precision is BFLOAT16; allowed: FLOAT32 with act");
}

}  // namespace
}  // namespace mrsn
