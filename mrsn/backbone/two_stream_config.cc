#include "mrsn/backbone/two_stream_config.h"

#include "absl/strings/str_cat.h"
#include "mrsn/backbone/inception3d_config.h"
#include "mrsn/backbone/resnet3d_config.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

absl::StatusOr<TwoStreamOptions::Stream> ReadStream(const TwoStreamConfig::Stream& config,
                                                    const std::string& path) {
  switch (config.network_case()) {
    case TwoStreamConfig::Stream::kResnet:
      return ReadResNet3d(config.resnet(), path + ".resnet");
    case TwoStreamConfig::Stream::kInception:
      return ReadInception3d(config.inception(), path + ".inception");
    case TwoStreamConfig::Stream::NETWORK_NOT_SET:
      break;
  }
  return FieldError(path + ".network", "not set", ConfigReader(config, path).FieldsOf("network"));
}

}  // namespace

absl::StatusOr<TwoStreamOptions> ReadTwoStream(const TwoStreamConfig& config, const std::string& path,
                                               TemporalPool pool) {
  TwoStreamOptions options;
  options.pool = pool;
  MRSN_ASSIGN_OR_RETURN(options.rgb, ReadStream(config.rgb(), path + ".rgb"));
  options.flow = options.rgb;
  if (config.has_flow()) {
    MRSN_ASSIGN_OR_RETURN(options.flow, ReadStream(config.flow(), path + ".flow"));
  }
  ConfigReader reader(config, path);
  reader.Choose("fusion", &options.fusion,
                {{"AVERAGE", TwoStreamOptions::Fusion::kAverage},
                 {"CONCATENATE", TwoStreamOptions::Fusion::kConcatenate}});
  if (StrideOf(options.rgb) != StrideOf(options.flow)) {
    reader.Fail("flow", absl::StrCat("of stride ", StrideOf(options.flow)),
                absl::StrCat("that of rgb, ", StrideOf(options.rgb)));
  }
  if (options.fusion == TwoStreamOptions::Fusion::kAverage &&
      ChannelsOf(options.rgb) != ChannelsOf(options.flow)) {
    reader.Fail("flow", absl::StrCat("of ", ChannelsOf(options.flow), " channels"),
                absl::StrCat("as many as rgb has, ", ChannelsOf(options.rgb), ", for an average"));
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

}  // namespace mrsn
