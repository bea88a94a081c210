// The numbers of a result that pages show: in percent, none where nothing was evaluated.
#ifndef MRSN_EXPERIMENTS_TABLES_RESULT_VALUES_H_
#define MRSN_EXPERIMENTS_TABLES_RESULT_VALUES_H_

#include <optional>
#include <string>

#include "experiments/result.pb.h"

namespace mrsn::experiments {

std::optional<double> FrameMapOf(const Result& result);
std::optional<double> ClassApOf(const Result& result, int class_id);
// Mean AP over the classes of one kind.
std::optional<double> KindMeanOf(const Result& result, const std::string& kind);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RESULT_VALUES_H_
