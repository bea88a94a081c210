// The precision that a result was computed in.
#ifndef MRSN_EXPERIMENTS_RESULT_PRECISION_H_
#define MRSN_EXPERIMENTS_RESULT_PRECISION_H_

#include <string>

#include "experiments/result.pb.h"

namespace mrsn::experiments {

inline constexpr char kFloat32[] = "float32";

// Result.precision; results that were written before there was a choice have none, and are of float32.
inline std::string PrecisionOf(const Result& result) {
  return result.has_precision() ? result.precision() : kFloat32;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RESULT_PRECISION_H_
