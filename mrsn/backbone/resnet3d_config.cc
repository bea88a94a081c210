#include "mrsn/backbone/resnet3d_config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr int64_t kMaxKernel = 31;

ResNet3dOptions::Stage ReadStage(bool bottleneck, ConfigReader reader) {
  ResNet3dOptions::Stage stage;
  reader.Require("blocks", &stage.blocks, Between(1, 100));
  reader.Require("channels", &stage.channels, Between(1, kMaxChannels));
  stage.inner_channels = stage.channels / 4;
  if (bottleneck) {
    reader.Read("inner_channels", &stage.inner_channels, Between(1, kMaxChannels));
  } else {
    reader.RefuseIfSet("inner_channels", "only with block BOTTLENECK");
  }
  stage.temporal_blocks = stage.blocks;
  reader.Read("stride", &stage.stride, Between(1, 8));
  reader.Read("dilation", &stage.dilation, Between(1, 16));
  reader.Read("temporal_kernel", &stage.temporal_kernel, OddUpTo(kMaxKernel));
  reader.Read("temporal_blocks", &stage.temporal_blocks, Between(0, static_cast<double>(stage.blocks)));
  return stage;
}

// The stages of, changed by the fields beside `depth`.
std::vector<ResNet3dOptions::Stage> ReadStandardStages(int64_t width, ConfigReader reader) {
  int64_t depth = 50;
  reader.Read("depth", &depth, OneOf({50, 101}));
  std::vector<ResNet3dOptions::Stage> stages = SlowStages(depth, width);
  bool flat = false;
  reader.Read("flat", &flat);
  if (flat) {
    reader.RefuseIfSet("res4_temporal_blocks", "only without flat");
    for (ResNet3dOptions::Stage& stage : stages) {
      stage.temporal_kernel = 1;
      stage.temporal_blocks = 0;
    }
  }
  ResNet3dOptions::Stage& res4 = stages[2];
  reader.Read("res4_temporal_blocks", &res4.temporal_blocks, Between(0, static_cast<double>(res4.blocks)));
  reader.Read("res5_dilation", &stages[3].dilation, Between(1, 16));
  return stages;
}

void ReadNonLocal(const NonLocalConfig& config, ConfigReader reader, ResNet3dOptions* options) {
  int64_t number = 0;
  reader.Require("stage", &number, Between(2, static_cast<double>(options->stages.size()) + 1));
  if (!reader.ok()) return;
  ResNet3dOptions::Stage& stage = options->stages[number - 2];
  const Allowed blocks = Between(0, static_cast<double>(stage.blocks) - 1);
  if (config.after_blocks().empty()) reader.Fail("after_blocks", "none", blocks.text);
  for (int i = 0; i < config.after_blocks_size(); ++i) {
    const int64_t block = config.after_blocks(i);
    if (!blocks.holds(static_cast<double>(block))) {
      reader.Fail(absl::StrCat("after_blocks[", i, "]"), absl::StrCat(block), blocks.text);
    }
    stage.nonlocal.push_back(block);
  }
  reader.Choose("affinity", &options->nonlocal.affinity,
                {{"DOT_PRODUCT", NonLocalOptions::Affinity::kDotProduct},
                 {"SOFTMAX", NonLocalOptions::Affinity::kSoftmax}});
  if (config.pool().empty()) return;
  if (config.pool_size() != 3) {
    reader.Fail("pool", absl::StrCat(config.pool_size(), " numbers"), "3: over t, y and x");
    return;
  }
  const Allowed pools = Between(1, 16);
  for (int i = 0; i < 3; ++i) {
    options->nonlocal.pool[i] = config.pool(i);
    if (!pools.holds(config.pool(i))) {
      reader.Fail(absl::StrCat("pool[", i, "]"), absl::StrCat(config.pool(i)), pools.text);
    }
  }
}

}  // namespace

absl::StatusOr<ResNet3dOptions> ReadResNet3d(const ResNet3dConfig& config, const std::string& path) {
  ResNet3dOptions options;
  ConfigReader reader(config, path);
  reader.Choose(
      "block", &options.block,
      {{"BOTTLENECK", ResNet3dOptions::Block::kBottleneck}, {"BASIC", ResNet3dOptions::Block::kBasic}});
  const bool bottleneck = options.block == ResNet3dOptions::Block::kBottleneck;
  reader.Read("stem_channels", &options.stem_channels, Between(1, kMaxChannels / 32));
  reader.Read("stem_temporal_kernel", &options.stem_temporal_kernel, OddUpTo(kMaxKernel));
  reader.Read("stem_kernel", &options.stem_kernel, OddUpTo(kMaxKernel));
  reader.Read("stem_stride", &options.stem_stride, Between(1, 8));
  reader.Read("stem_pool", &options.stem_pool);
  reader.Read("stem_pool_padding", &options.stem_pool_padding);
  reader.Read("batch_norm_epsilon", &options.batch_norm_epsilon, Between(1e-12, 1));
  reader.Read("batch_norm_momentum", &options.batch_norm_momentum, Between(0, 1));
  reader.Read("zero_init_last_batch_norm", &options.zero_init_last_batch_norm);
  reader.Read("res2_pool", &options.res2_pool, Between(1, 64));
  if (config.stages().empty()) {
    if (!bottleneck) reader.Fail("stages", "none", "at least one, with block BASIC");
    options.stages = ReadStandardStages(options.stem_channels, reader);
  } else {
    for (const char* field : {"depth", "res4_temporal_blocks", "res5_dilation", "flat"}) {
      reader.RefuseIfSet(field, "only where no stages are given");
    }
  }
  for (int s = 0; s < config.stages_size(); ++s) {
    options.stages.push_back(ReadStage(bottleneck, reader.In("stages", s)));
  }
  if (config.has_nonlocal()) ReadNonLocal(config.nonlocal(), reader.In("nonlocal"), &options);
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<SlowOnlyOptions> ReadSlowOnly(const ResNet3dConfig& config, const std::string& path,
                                             TemporalPool pool) {
  MRSN_ASSIGN_OR_RETURN(ResNet3dOptions resnet, ReadResNet3d(config, path));
  return SlowOnlyOptions{std::move(resnet), pool};
}

}  // namespace mrsn
