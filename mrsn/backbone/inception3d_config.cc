#include "mrsn/backbone/inception3d_config.h"

#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<Inception3dOptions> ReadInception3d(const Inception3dConfig& config, const std::string& path) {
  Inception3dOptions options;
  ConfigReader reader(config, path);
  reader.Choose("last", &options.last,
                {{"MIXED_3B", InceptionStep::kMixed3b},
                 {"MIXED_3C", InceptionStep::kMixed3c},
                 {"MIXED_4B", InceptionStep::kMixed4b},
                 {"MIXED_4C", InceptionStep::kMixed4c},
                 {"MIXED_4D", InceptionStep::kMixed4d},
                 {"MIXED_4E", InceptionStep::kMixed4e},
                 {"MIXED_4F", InceptionStep::kMixed4f},
                 {"MIXED_5B", InceptionStep::kMixed5b},
                 {"MIXED_5C", InceptionStep::kMixed5c}});
  reader.Read("separable", &options.separable);
  reader.Read("gating", &options.gating);
  if (options.gating && !options.separable) reader.Fail("gating", "true", "only with separable");
  reader.Read("last_stride", &options.last_stride, Between(1, 2));
  if (options.last < InceptionStep::kPool5a) {
    reader.RefuseIfSet("last_stride", "only with last MIXED_5B, MIXED_5C");
  }
  reader.Read("width_divisor", &options.width_divisor, PowersOfTwoUpTo(8));
  reader.Read("batch_norm_momentum", &options.batch_norm_momentum, Between(0, 1));
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<Inception3dBackboneOptions> ReadInception3dBackbone(const Inception3dConfig& config,
                                                                   const std::string& path,
                                                                   TemporalPool pool) {
  MRSN_ASSIGN_OR_RETURN(const Inception3dOptions inception, ReadInception3d(config, path));
  return Inception3dBackboneOptions{inception, pool};
}

}  // namespace mrsn
