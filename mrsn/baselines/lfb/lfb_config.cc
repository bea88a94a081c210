#include "mrsn/baselines/lfb/lfb_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<LfbHeadOptions> ReadHead(const LfbHeadConfig& config, const HeadShape& shape) {
  LfbHeadOptions options;
  options.channels = options.bank_width = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.lfb");
  reader.Choose("operator", &options.op,
                {{"NON_LOCAL", FeatureBankOperator::kNonLocal},
                 {"AVERAGE", FeatureBankOperator::kAverage},
                 {"MAX", FeatureBankOperator::kMax}});
  if (options.op != FeatureBankOperator::kNonLocal) {
    for (const char* field : {"layers", "width", "layer_dropout", "affine_norm"}) {
      reader.RefuseIfSet(field, "only with operator NON_LOCAL");
    }
  }
  reader.Read("window_seconds", &options.window_seconds, Between(1, kMaxWindowSeconds));
  reader.Read("bank_width", &options.bank_width, Between(1, 4 * kMaxChannels));
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  reader.Read("layers", &options.layers, Between(1, 8));
  reader.Read("width", &options.width, Between(1, kMaxChannels));
  reader.Read("layer_dropout", &options.layer_dropout, Between(0, kMaxDropout));
  reader.Read("affine_norm", &options.affine_norm);
  reader.Read("sampled_per_second", &options.sampled_per_second, Between(0, 1000));
  reader.Read("sample_in_evaluation", &options.sample_in_evaluation);
  if (options.sample_in_evaluation && options.sampled_per_second == 0) {
    reader.Fail("sample_in_evaluation", "true", "only with sampled_per_second");
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const LfbHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width =
      options.channels + (options.op == FeatureBankOperator::kNonLocal ? options.width : options.bank_width);
  needs.bank = {options.window_seconds, options.bank_width};
  return needs;
}

}  // namespace mrsn::baselines
