// Named intermediate tensors of a forward pass, for tests, dumps and comparisons
// with other frameworks.
#ifndef MRSN_MRSN_TAPS_H_
#define MRSN_MRSN_TAPS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace mrsn {

using Taps = std::vector<std::pair<std::string, at::Tensor>>;  // in order of computation

// Notes the tensor if `taps` is not null and the tensor was computed.
inline void Note(Taps* taps, const std::string& name, const at::Tensor& tensor) {
  if (taps != nullptr && tensor.defined()) taps->emplace_back(name, tensor);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TAPS_H_
