#include "mrsn/backbone/slow_fast_config.h"

#include "absl/strings/str_cat.h"
#include "mrsn/backbone/resnet3d_config.h"
#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

bool DividesAllWidths(int64_t divisor, const ResNet3dOptions& slow) {
  bool divides = slow.stem_channels % divisor == 0;
  for (const ResNet3dOptions::Stage& stage : slow.stages) {
    divides = divides && stage.channels % divisor == 0 && stage.inner_channels % divisor == 0;
  }
  return divides;
}

}  // namespace

absl::StatusOr<SlowFastOptions> ReadSlowFast(const SlowFastConfig& config, const std::string& path,
                                             TemporalPool pool) {
  SlowFastOptions options;
  options.pool = pool;
  MRSN_ASSIGN_OR_RETURN(options.slow, ReadResNet3d(config.slow(), path + ".slow"));
  ConfigReader reader(config, path);
  if (options.slow.res2_pool != 1) {
    reader.In("slow").Fail("res2_pool", absl::StrCat(options.slow.res2_pool), "1");
  }
  FastPathwayOptions fast;
  reader.Read("alpha", &options.alpha, Between(1, 64));
  reader.Read("beta_inverse", &fast.beta_inverse, Between(1, kMaxChannels));
  reader.Read("fast_stem_temporal_kernel", &fast.stem_temporal_kernel, OddUpTo(31));
  reader.Read("fast_temporal_kernel", &fast.temporal_kernel, OddUpTo(31));
  if (reader.ok() && !DividesAllWidths(fast.beta_inverse, options.slow)) {
    reader.Fail("beta_inverse", absl::StrCat(fast.beta_inverse), "divisors of every width of slow");
  }
  ConfigReader lateral = reader.In("lateral");
  lateral.Read("kernel", &options.lateral.kernel, OddUpTo(31));
  lateral.Read("ratio", &options.lateral.ratio, Between(1, 16));
  lateral.Read("norm_and_relu", &options.lateral.norm_and_relu);
  lateral.Read("bias", &options.lateral.bias);
  MRSN_RETURN_IF_ERROR(reader.status());
  options.fast = FastPathway(options.slow, fast);
  return options;
}

}  // namespace mrsn
