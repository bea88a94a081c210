#include "mrsn/baselines/aia/aia_config.h"

#include "absl/strings/str_cat.h"
#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<AiaHeadOptions> ReadHead(const AiaHeadConfig& config, const HeadShape& shape) {
  AiaHeadOptions options;
  options.channels = options.bank_width = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.aia");
  reader.Choose("structure", &options.structure,
                {{"SERIAL", AiaStructure::kSerial},
                 {"DENSE_SERIAL", AiaStructure::kDenseSerial},
                 {"PARALLEL", AiaStructure::kParallel}});
  reader.Read("objects", &options.objects);
  reader.Read("memory", &options.memory);
  reader.Read("asynchronous_memory", &options.asynchronous_memory);
  reader.Read("repeats", &options.repeats, Between(1, 8));
  reader.Read("width", &options.width, Between(1, kMaxChannels));
  reader.Read("mlp_width", &options.mlp_width, Between(1, kMaxChannels));
  reader.Read("window_seconds", &options.window_seconds, Between(1, kMaxWindowSeconds));
  reader.Read("bank_width", &options.bank_width, Between(1, 4 * kMaxChannels));
  if (options.asynchronous_memory && !options.memory) {
    reader.Fail("asynchronous_memory", "true", "only with memory");
  }
  if (options.asynchronous_memory && options.bank_width != shape.channels) {
    reader.Fail("bank_width", absl::StrCat(options.bank_width),
                absl::StrCat("with asynchronous_memory the features' own, ", shape.channels));
  }
  reader.Read("layer_dropout", &options.layer_dropout, Between(0, kMaxDropout));
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  ConfigReader padding = reader.In("padding");
  padding.Read("persons", &options.padding.persons, Between(0, 1000));
  padding.Read("objects", &options.padding.objects, Between(0, 1000));
  padding.Read("memory_per_second", &options.padding.memory_per_second, Between(0, 1000));
  if (options.padding.memory_per_second > 0 && !options.memory) {
    padding.Fail("memory_per_second", absl::StrCat(options.padding.memory_per_second), "0, without memory");
  }
  if (options.padding.objects > 0 && !options.objects) {
    padding.Fail("objects", absl::StrCat(options.padding.objects), "0, without objects");
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const AiaHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width = options.mlp_width;
  needs.objects = options.objects;
  if (options.memory) needs.bank = {options.window_seconds, options.bank_width, options.asynchronous_memory};
  return needs;
}

}  // namespace mrsn::baselines
