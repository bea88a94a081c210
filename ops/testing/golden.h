// Golden tensors: a bundle is two files, <name>.json and <name>.bin.
//
//   json: {"meta": ..., "tensors": [{"name", "dtype", "shape", "offset", "nbytes"}]}
//   bin:  the values, little-endian, C order, at those byte offsets.
//
// dtype is NumPy's short name: f4 = float32, f8 = float64, i8 = int64 (eight bytes).
//
//   const GoldenBundle golden = ReadGoldenBundle("ops/roi_align/testdata/roi_align");
//   at::Tensor features = golden["feat"];
//
// For tests only: a fault of a bundle throws std::runtime_error, which names the file and the tensor and
// which GoogleTest reports as a failure.
#ifndef MRSN_OPS_TESTING_GOLDEN_H_
#define MRSN_OPS_TESTING_GOLDEN_H_

#include <map>
#include <string>

#include "ATen/core/Tensor.h"
#include "nlohmann/json.hpp"

namespace mrsn::ops {

struct GoldenBundle {
  std::string path;  // as given to ReadGoldenBundle
  nlohmann::json meta;
  std::map<std::string, at::Tensor> tensors;

  bool contains(const std::string& name) const { return tensors.count(name) != 0; }

  // The tensor itself, not a copy: clone() it before writing to it or asking for its gradient.
  const at::Tensor& operator[](const std::string& name) const;
};

// `path` has no extension and, inside a test, starts at the workspace's root.
GoldenBundle ReadGoldenBundle(const std::string& path);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_TESTING_GOLDEN_H_
