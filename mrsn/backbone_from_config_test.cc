#include "mrsn/backbone_from_config.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/model_config.pb.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

ModelConfig Parse(const std::string& text) {
  ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

TEST(ReadBackboneTest, NothingSetIsPySlowFasts) {
  const auto slow = ReadBackbone(Parse("slow_only {}"));
  ASSERT_TRUE(slow.ok()) << slow.status();
  EXPECT_EQ(BackboneChannels(*slow), 2048);
  const auto both = ReadBackbone(Parse("slow_fast {}"));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(BackboneChannels(*both), 2304);
  const auto& options = std::get<SlowFastOptions>(*both);
  EXPECT_EQ(options.alpha, 4);
  EXPECT_EQ(options.lateral.kernel, 7);
  EXPECT_TRUE(options.lateral.norm_and_relu);
  EXPECT_EQ(options.fast.stem_temporal_kernel, 5);
  EXPECT_EQ(options.slow.stages[3].dilation, 2);
  EXPECT_EQ(options.fast.stages[3].dilation, 2);
}

TEST(ReadBackboneTest, EveryFieldArrives) {
  const auto read = ReadBackbone(Parse(R"(
      temporal_pool: MAX
      slow_fast {
        slow {
          depth: 101 res4_temporal_blocks: 6 res5_dilation: 1 stem_pool_padding: false
          nonlocal { stage: 4 after_blocks: 6 after_blocks: 20 affinity: SOFTMAX pool: 2 pool: 3 pool: 4 }
        }
        alpha: 8 beta_inverse: 4 fast_stem_temporal_kernel: 7 fast_temporal_kernel: 5
        lateral { kernel: 5 ratio: 1 norm_and_relu: false bias: true }
      })"));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& options = std::get<SlowFastOptions>(*read);
  EXPECT_EQ(options.pool, TemporalPool::kMax);
  EXPECT_EQ(options.slow.stages[2].blocks, 23);
  EXPECT_EQ(options.slow.stages[2].temporal_blocks, 6);
  EXPECT_EQ(options.slow.stages[3].dilation, 1);
  EXPECT_FALSE(options.slow.stem_pool_padding);
  EXPECT_FALSE(options.fast.stem_pool_padding);
  EXPECT_THAT(options.slow.stages[2].nonlocal, ElementsAre(6, 20));
  EXPECT_EQ(options.slow.nonlocal.affinity, NonLocalOptions::Affinity::kSoftmax);
  EXPECT_THAT(options.slow.nonlocal.pool, ElementsAre(2, 3, 4));
  EXPECT_EQ(options.alpha, 8);
  EXPECT_EQ(options.fast.stem_channels, 16);
  EXPECT_EQ(options.fast.stem_temporal_kernel, 7);
  EXPECT_EQ(options.fast.stages[0].temporal_kernel, 5);
  EXPECT_EQ(options.lateral.kernel, 5);
  EXPECT_EQ(options.lateral.ratio, 1);
  EXPECT_FALSE(options.lateral.norm_and_relu);
  EXPECT_TRUE(options.lateral.bias);
  EXPECT_EQ(BackboneChannels(*read), 2048 + 512);
}

TEST(ReadBackboneTest, FlatResNetWithPoolingIsC2d) {
  const auto read = ReadBackbone(Parse("slow_only { flat: true res2_pool: 2 res5_dilation: 1 }"));
  ASSERT_TRUE(read.ok()) << read.status();
  const ResNet3dOptions& options = std::get<SlowOnlyOptions>(*read).resnet;
  EXPECT_EQ(options.res2_pool, 2);
  EXPECT_EQ(options.stages[3].dilation, 1);
  for (const ResNet3dOptions::Stage& stage : options.stages) {
    EXPECT_TRUE(stage.temporal_kernel == 1 || stage.temporal_blocks == 0);
  }
  EXPECT_EQ(BackboneChannels(*read), 2048);
}

TEST(ReadBackboneTest, InceptionWithNothingSetIsGuEtAls) {
  const auto read = ReadBackbone(Parse("inception {}"));
  ASSERT_TRUE(read.ok()) << read.status();
  const Inception3dOptions& options = std::get<Inception3dBackboneOptions>(*read).inception;
  EXPECT_EQ(options.last, InceptionStep::kMixed4e);
  EXPECT_FALSE(options.separable);
  EXPECT_FALSE(options.gating);
  EXPECT_EQ(options.last_stride, 2);
  EXPECT_EQ(options.width_divisor, 1);
  EXPECT_EQ(options.batch_norm_epsilon, 1e-3);
  EXPECT_EQ(options.batch_norm_momentum, 0.01);
  EXPECT_EQ(BackboneChannels(*read), 528);
}

TEST(ReadBackboneTest, EveryFieldOfInceptionArrives) {
  const auto read = ReadBackbone(Parse(R"(
      temporal_pool: MAX
      inception {
        last: MIXED_5C separable: true gating: true last_stride: 1 width_divisor: 4 batch_norm_momentum: 0.1
      })"));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& backbone = std::get<Inception3dBackboneOptions>(*read);
  EXPECT_EQ(backbone.pool, TemporalPool::kMax);
  EXPECT_EQ(backbone.inception.last, InceptionStep::kMixed5c);
  EXPECT_TRUE(backbone.inception.separable);
  EXPECT_TRUE(backbone.inception.gating);
  EXPECT_EQ(backbone.inception.last_stride, 1);
  EXPECT_EQ(backbone.inception.width_divisor, 4);
  EXPECT_EQ(backbone.inception.batch_norm_momentum, 0.1);
  EXPECT_EQ(BackboneChannels(*read), 256);
}

TEST(ReadBackboneTest, EveryLastModuleIsItself) {
  const int64_t channels[] = {528, 256, 480, 512, 512, 512, 528, 832, 832, 1024};
  for (int last = 0; last < 10; ++last) {
    ModelConfig config;
    config.mutable_inception()->set_last(static_cast<Inception3dConfig::Last>(last));
    const auto read = ReadBackbone(config);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(BackboneChannels(*read), channels[last]) << last;
    const std::string name = last == 0 ? "MIXED_4E" : Inception3dConfig::Last_Name(config.inception().last());
    EXPECT_STRCASEEQ(NameOf(std::get<Inception3dBackboneOptions>(*read).inception.last), name.c_str());
  }
}

TEST(ReadBackboneTest, FlowIsLikeRgbUnlessItSaysOtherwise) {
  const auto read = ReadBackbone(Parse("two_stream { rgb { inception { last: MIXED_4F } } }"));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& options = std::get<TwoStreamOptions>(*read);
  EXPECT_EQ(std::get<Inception3dOptions>(options.flow).last, InceptionStep::kMixed4f);
  EXPECT_EQ(options.fusion, TwoStreamOptions::Fusion::kAverage);
  EXPECT_EQ(BackboneChannels(*read), 832);
}

TEST(ReadBackboneTest, StreamsMayDifferWhenTheyAreConcatenated) {
  const auto read = ReadBackbone(Parse(R"(
      temporal_pool: MAX
      two_stream { rgb { resnet {} } flow { inception { separable: true } } fusion: CONCATENATE })"));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& options = std::get<TwoStreamOptions>(*read);
  EXPECT_EQ(std::get<ResNet3dOptions>(options.rgb).stages.size(), 4);
  EXPECT_TRUE(std::get<Inception3dOptions>(options.flow).separable);
  EXPECT_EQ(options.fusion, TwoStreamOptions::Fusion::kConcatenate);
  EXPECT_EQ(options.pool, TemporalPool::kMax);
  EXPECT_EQ(BackboneChannels(*read), 2048 + 528);
}

TEST(ReadBackboneTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  const struct {
    const char* config;
    const char* message;
  } cases[] = {
      {"", "model.backbone is not set; allowed: slow_only, slow_fast, inception, two_stream"},
      {"slow_only { depth: 18 }", "model.slow_only.depth is 18; allowed: 50, 101"},
      {"slow_only { res4_temporal_blocks: 7 }", "model.slow_only.res4_temporal_blocks is 7; allowed: 0 to 6"},
      {"slow_only { res5_dilation: 0 }", "model.slow_only.res5_dilation is 0; allowed: 1 to 16"},
      {"slow_only { depth: 50 stages { blocks: 1 channels: 8 } }",
       "model.slow_only.depth is set; allowed: only where no stages are given"},
      {"slow_only { res5_dilation: 1 stages { blocks: 1 channels: 8 } }",
       "model.slow_only.res5_dilation is set; allowed: only where no stages are given"},
      {"slow_only { flat: true stages { blocks: 1 channels: 8 } }",
       "model.slow_only.flat is set; allowed: only where no stages are given"},
      {"slow_only { flat: true res4_temporal_blocks: 6 }",
       "model.slow_only.res4_temporal_blocks is set; allowed: only without flat"},
      {"slow_only { res2_pool: 0 }", "model.slow_only.res2_pool is 0; allowed: 1 to 64"},
      {"slow_fast { slow { res2_pool: 2 } }", "model.slow_fast.slow.res2_pool is 2; allowed: 1"},
      {"inception { last: 10 }",
       "model.inception.last is 10; allowed: MIXED_3B, MIXED_3C, MIXED_4B, MIXED_4C, MIXED_4D, MIXED_4E, "
       "MIXED_4F, MIXED_5B, MIXED_5C"},
      {"inception { gating: true }", "model.inception.gating is true; allowed: only with separable"},
      {"inception { last: MIXED_5B last_stride: 3 }", "model.inception.last_stride is 3; allowed: 1 to 2"},
      {"inception { last_stride: 1 }",
       "model.inception.last_stride is set; allowed: only with last MIXED_5B, MIXED_5C"},
      {"inception { width_divisor: 3 }",
       "model.inception.width_divisor is 3; allowed: powers of 2 from 1 to 8"},
      {"inception { width_divisor: 0 }",
       "model.inception.width_divisor is 0; allowed: powers of 2 from 1 to 8"},
      {"inception { width_divisor: 16 }",
       "model.inception.width_divisor is 16; allowed: powers of 2 from 1 to 8"},
      {"inception { batch_norm_momentum: 1.5 }",
       "model.inception.batch_norm_momentum is 1.5; allowed: 0 to 1"},
      {"two_stream {}", "model.two_stream.rgb.network is not set; allowed: resnet, inception"},
      {"two_stream { rgb { resnet {} } flow {} }",
       "model.two_stream.flow.network is not set; allowed: resnet, inception"},
      {"two_stream { rgb { resnet { depth: 3 } } }",
       "model.two_stream.rgb.resnet.depth is 3; allowed: 50, 101"},
      {"two_stream { rgb { resnet {} } flow { inception { width_divisor: 5 } } }",
       "model.two_stream.flow.inception.width_divisor is 5; allowed: powers of 2 from 1 to 8"},
      {"two_stream { rgb { resnet {} } fusion: 3 }",
       "model.two_stream.fusion is 3; allowed: AVERAGE, CONCATENATE"},
      {"two_stream { rgb { inception { last: MIXED_5C } } flow { inception {} } fusion: CONCATENATE }",
       "model.two_stream.flow is of stride 16; allowed: that of rgb, 32"},
      {"two_stream { rgb { resnet {} } flow { inception {} } }",
       "model.two_stream.flow is of 528 channels; allowed: as many as rgb has, 2048, for an average"},
      {"slow_only { nonlocal {} }", "model.slow_only.nonlocal.stage is not set; allowed: 2 to 5"},
      {"slow_only { nonlocal { stage: 6 } }", "model.slow_only.nonlocal.stage is 6; allowed: 2 to 5"},
      {"slow_only { nonlocal { stage: 4 } }",
       "model.slow_only.nonlocal.after_blocks is none; allowed: 0 to 5"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 6 } }",
       "model.slow_only.nonlocal.after_blocks[0] is 6; allowed: 0 to 5"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 affinity: 9 } }",
       "model.slow_only.nonlocal.affinity is 9; allowed: DOT_PRODUCT, SOFTMAX"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 pool: 2 } }",
       "model.slow_only.nonlocal.pool is 1 numbers; allowed: 3: over t, y and x"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 pool: 1 pool: 0 pool: 1 } }",
       "model.slow_only.nonlocal.pool[1] is 0; allowed: 1 to 16"},
      {"slow_only {} temporal_pool: 7", "model.temporal_pool is 7; allowed: AVERAGE, MAX"},
      {"slow_fast { slow { stem_kernel: 2 } }", "model.slow_fast.slow.stem_kernel is 2; allowed: odd"},
      {"slow_fast { alpha: 0 }", "model.slow_fast.alpha is 0; allowed: 1 to 64"},
      {"slow_fast { beta_inverse: 7 }",
       "model.slow_fast.beta_inverse is 7; allowed: divisors of every width"},
      {"slow_fast { fast_temporal_kernel: 2 }", "model.slow_fast.fast_temporal_kernel is 2; allowed: odd"},
      {"slow_fast { fast_stem_temporal_kernel: 0 }",
       "model.slow_fast.fast_stem_temporal_kernel is 0; allowed: odd"},
      {"slow_fast { lateral { kernel: 6 } }", "model.slow_fast.lateral.kernel is 6; allowed: odd"},
      {"slow_fast { lateral { ratio: 0 } }", "model.slow_fast.lateral.ratio is 0; allowed: 1 to 16"},
  };
  for (const auto& c : cases) {
    const auto read = ReadBackbone(Parse(c.config));
    ASSERT_FALSE(read.ok()) << c.config;
    EXPECT_THAT(std::string(read.status().message()), StartsWith(c.message)) << c.config;
  }
}

}  // namespace
}  // namespace mrsn
