#include "mrsn/read_backbone.h"

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
  EXPECT_EQ(ChannelsOf(*slow), 2048);
  const auto both = ReadBackbone(Parse("slow_fast {}"));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(ChannelsOf(*both), 2304);
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
  EXPECT_EQ(ChannelsOf(*read), 2048 + 512);
}

TEST(ReadBackboneTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  const struct {
    const char* config;
    const char* message;
  } cases[] = {
      {"", "model.backbone: not set; allowed: slow_only, slow_fast"},
      {"slow_only { depth: 18 }", "model.slow_only.depth: 18; allowed: 50, 101"},
      {"slow_only { res4_temporal_blocks: 7 }", "model.slow_only.res4_temporal_blocks: 7; allowed: 0 to 6"},
      {"slow_only { res5_dilation: 0 }", "model.slow_only.res5_dilation: 0; allowed: 1 to 16"},
      {"slow_only { depth: 50 stages { blocks: 1 channels: 8 } }",
       "model.slow_only.depth: set; allowed: only where no stages are given"},
      {"slow_only { res5_dilation: 1 stages { blocks: 1 channels: 8 } }",
       "model.slow_only.res5_dilation: set; allowed: only where no stages are given"},
      {"slow_only { nonlocal {} }", "model.slow_only.nonlocal.stage: not set; allowed: 2 to 5"},
      {"slow_only { nonlocal { stage: 6 } }", "model.slow_only.nonlocal.stage: 6; allowed: 2 to 5"},
      {"slow_only { nonlocal { stage: 4 } }", "model.slow_only.nonlocal.after_blocks: none; allowed: 0 to 5"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 6 } }",
       "model.slow_only.nonlocal.after_blocks[0]: 6; allowed: 0 to 5"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 affinity: 9 } }",
       "model.slow_only.nonlocal.affinity: 9; allowed: DOT_PRODUCT, SOFTMAX"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 pool: 2 } }",
       "model.slow_only.nonlocal.pool: 1 numbers; allowed: 3: over t, y and x"},
      {"slow_only { nonlocal { stage: 4 after_blocks: 0 pool: 1 pool: 0 pool: 1 } }",
       "model.slow_only.nonlocal.pool[1]: 0; allowed: 1 to 16"},
      {"slow_only {} temporal_pool: 7", "model.temporal_pool: 7; allowed: AVERAGE, MAX"},
      {"slow_fast { slow { stem_kernel: 2 } }", "model.slow_fast.slow.stem_kernel: 2; allowed: odd"},
      {"slow_fast { alpha: 0 }", "model.slow_fast.alpha: 0; allowed: 1 to 64"},
      {"slow_fast { beta_inverse: 7 }", "model.slow_fast.beta_inverse: 7; allowed: divisors of every width"},
      {"slow_fast { fast_temporal_kernel: 2 }", "model.slow_fast.fast_temporal_kernel: 2; allowed: odd"},
      {"slow_fast { fast_stem_temporal_kernel: 0 }",
       "model.slow_fast.fast_stem_temporal_kernel: 0; allowed: odd"},
      {"slow_fast { lateral { kernel: 6 } }", "model.slow_fast.lateral.kernel: 6; allowed: odd"},
      {"slow_fast { lateral { ratio: 0 } }", "model.slow_fast.lateral.ratio: 0; allowed: 1 to 16"},
  };
  for (const auto& c : cases) {
    const auto read = ReadBackbone(Parse(c.config));
    ASSERT_FALSE(read.ok()) << c.config;
    EXPECT_THAT(std::string(read.status().message()), StartsWith(c.message)) << c.config;
  }
}

}  // namespace
}  // namespace mrsn
