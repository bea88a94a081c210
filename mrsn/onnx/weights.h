// The weights of a detector by name, as a walker over its modules reads them; without LibTorch.
#ifndef MRSN_MRSN_ONNX_WEIGHTS_H_
#define MRSN_MRSN_ONNX_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace mrsn::onnx {

struct Weight {
  std::vector<int64_t> shape;
  absl::Span<const float> values;  // row-major

  int64_t size(size_t dimension) const { return shape[dimension]; }
};

// Notes which weights were read. A detector's graph is whole only if all of them were, so that a module which
// the walker forgot is an error and not another result.
class Weights {
 public:
  // The values must outlive this object.
  explicit Weights(std::map<std::string, Weight> weights) : weights_(std::move(weights)) {}

  bool Has(const std::string& name) const { return weights_.count(name) > 0; }

  // The weight of that many dimensions. If there is none, the first such call decides about status(), and the
  // result is a stand-in of size 1.
  const Weight& Get(const std::string& name, size_t dimensions);

  // Internal, naming the weight, if one that was asked for is missing or of another number of dimensions, or
  // if one was never asked for.
  absl::Status Finish() const;

 private:
  std::map<std::string, Weight> weights_, stand_ins_;
  std::set<std::string> read_;
  absl::Status status_;
};

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_WEIGHTS_H_
