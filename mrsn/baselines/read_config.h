// The baselines' messages of ModelConfig to heads, and to detectors that find boxes themselves.
#ifndef MRSN_MRSN_BASELINES_READ_CONFIG_H_
#define MRSN_MRSN_BASELINES_READ_CONFIG_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"

namespace mrsn {

class AcarHeadConfig;  // mrsn/model_config.pb.h
class AcrnHeadConfig;
class ActConfig;
class AiaHeadConfig;
class ContextAverageHeadConfig;
class Detector;
class LfbHeadConfig;
class RelationHead;
class StepConfig;

namespace baselines {

// Makes the head; to be called when all of the configuration has been read.
using HeadMaker = std::function<std::shared_ptr<RelationHead>()>;
using DetectorMaker = std::function<std::shared_ptr<Detector>()>;

// For C = `channels` of the backbone and K = `classes`. InvalidArgument names the field
// ("model.acar.depth"), its value and what is allowed.
absl::StatusOr<HeadMaker> ReadAcrn(const AcrnHeadConfig& config, int64_t channels, int64_t classes);
absl::StatusOr<HeadMaker> ReadLfb(const LfbHeadConfig& config, int64_t channels, int64_t classes);
absl::StatusOr<HeadMaker> ReadAcar(const AcarHeadConfig& config, int64_t channels, int64_t classes);
absl::StatusOr<HeadMaker> ReadAia(const AiaHeadConfig& config, int64_t channels, int64_t classes);
absl::StatusOr<HeadMaker> ReadContextAverage(const ContextAverageHeadConfig& config, int64_t channels,
                                             int64_t classes);
absl::StatusOr<DetectorMaker> ReadAct(const ActConfig& config, int64_t classes);
absl::StatusOr<DetectorMaker> ReadStep(const StepConfig& config, int64_t classes);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_READ_CONFIG_H_
