#include "mrsn/head/mrsn_head_config.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

// Encoders that the file does not name are left out.
void ReadEncoders(const MrsnHeadConfig& config, ConfigReader* reader, MrseOptions* options) {
  const auto read = [&](const char* encoder, bool is_set, int64_t* layers) {
    if (!is_set) {
      *layers = 0;
      return;
    }
    reader->In(encoder).Read("layers", layers, Between(1, 100));
  };
  read("acre", config.has_acre(), &options->acre_layers);
  read("aare", config.has_aare(), &options->aare_layers);
  read("rse", config.has_rse(), &options->rse_layers);
  if (config.has_rse() && !(config.has_acre() && config.has_aare())) {
    reader->Fail("rse", "set", "only with both acre and aare, whose relations it supports");
  }
}

void ReadMrse(const MrsnHeadConfig& config, ConfigReader* reader, MrseOptions* options) {
  double ratio = static_cast<double>(options->hidden) / static_cast<double>(options->width);
  reader->Read("width", &options->width, Between(1, kMaxChannels / 2));
  reader->Read("heads", &options->heads, DivisorsOf(options->width, "width"));
  reader->Read("ffn_ratio", &ratio);
  const double hidden = ratio * static_cast<double>(options->width);
  if (!(hidden >= 1 && hidden <= 4 * kMaxChannels && hidden == std::floor(hidden))) {
    reader->Fail("ffn_ratio", absl::StrCat(ratio),
                 absl::StrCat("ratios that make of width, ", options->width, ", a whole number up to ",
                              4 * kMaxChannels));
    return;
  }
  options->hidden = static_cast<int64_t>(hidden);
  ReadEncoders(config, reader, options);
}

void ReadMlp(ConfigReader* reader, MrsnHeadOptions* options) {
  reader->Read("mlp_layers", &options->mlp_layers, Between(1, 2));
  reader->Read("dropout", &options->dropout, Between(0, kMaxDropout));
}

void ReadLongTerm(const MrsnHeadConfig& config, ConfigReader* reader, MrsnHeadOptions* options) {
  if (!config.has_acre() && !config.has_aare()) {
    reader->Fail("long_term", "set", "only with acre or aare, whose relations the bank holds");
  }
  MrsnLongTermOptions& long_term = options->long_term.emplace();
  ConfigReader inside = reader->In("long_term");
  inside.Read("window_seconds", &long_term.window_seconds, Between(0, kMaxWindowSeconds));
  ReadMlp(&inside, options);
  inside.Read("inner_width", &long_term.inner_width, Between(1, kMaxChannels));
  inside.Read("distance_embedding", &long_term.distance_embedding);
  inside.Read("own_second", &long_term.own_second);
  inside.Read("bank_width", &long_term.bank_width, Between(0, kMaxChannels));
  if (reader->ok() && long_term.inner_width % options->mrse.heads != 0) {
    inside.Fail("inner_width", absl::StrCat(long_term.inner_width),
                absl::StrCat("multiples of heads, ", options->mrse.heads));
  }
}

void ReadVariations(ConfigReader* reader, MrsnHeadOptions* options) {
  ConfigReader inside = reader->In("variations");
  inside.Read("position_in_aare", &options->position_in_aare);
  inside.Read("position_in_acre", &options->position_in_acre);
  inside.Choose(
      "residual", &options->mrse.residual,
      {{"BRANCH", Residual::kBranch}, {"PRE_NORM", Residual::kPreNorm}, {"POST_NORM", Residual::kPostNorm}});
}

}  // namespace

absl::StatusOr<MrsnOrLinearHeadOptions> ReadHead(const MrsnHeadConfig& config, const HeadShape& shape) {
  MrsnHeadOptions options;
  options.channels = shape.channels;
  options.classes = shape.classes;
  options.roi_size = shape.roi_size;
  ConfigReader reader(config, "model.mrsn");
  reader.Read("support_size", &options.support_size, Between(1, 256));
  reader.Read("blocks", &options.blocks, Between(1, 100));
  reader.Read("patch_size", &options.patch_size, DivisorsOf(options.support_size, "support_size"));
  reader.Choose(
      "actor_token", &options.actor_token,
      {{"MAX", ActorToken::kMax}, {"AVERAGE", ActorToken::kAverage}, {"FLATTEN", ActorToken::kFlatten}});
  ReadMrse(config, &reader, &options.mrse);
  ReadVariations(&reader, &options);
  switch (config.consensus_case()) {
    case MrsnHeadConfig::CONSENSUS_NOT_SET:
    case MrsnHeadConfig::kShortTerm: {
      ConfigReader inside = reader.In("short_term");
      ReadMlp(&inside, &options);
      break;
    }
    case MrsnHeadConfig::kLongTerm:
      ReadLongTerm(config, &reader, &options);
      break;
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  if (config.has_acre() || config.has_aare()) return options;
  LinearHeadOptions linear;
  linear.channels = shape.channels;
  linear.classes = shape.classes;
  linear.dropout = options.dropout;
  return linear;
}

bool DepartsFromPaper(const MrsnHeadOptions& options) {
  const MrsnHeadOptions paper;
  if (options.position_in_aare != paper.position_in_aare ||
      options.position_in_acre != paper.position_in_acre || options.mrse.residual != paper.mrse.residual) {
    return true;
  }
  return options.long_term && (!options.long_term->distance_embedding || !options.long_term->own_second ||
                               options.long_term->bank_width > 0);
}

HeadNeeds NeedsOf(const MrsnHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width =
      options.mrse.width * ((options.mrse.acre_layers > 0 ? 2 : 0) + (options.mrse.aare_layers > 0 ? 1 : 0));
  if (options.long_term) {
    const int64_t width = options.long_term->bank_width;
    needs.bank = {options.long_term->window_seconds, width > 0 ? width : needs.relation_width};
  }
  return needs;
}

}  // namespace mrsn
