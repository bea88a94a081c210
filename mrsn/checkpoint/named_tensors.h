// Tensors with names, in an order.
#ifndef MRSN_MRSN_CHECKPOINT_NAMED_TENSORS_H_
#define MRSN_MRSN_CHECKPOINT_NAMED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace mrsn {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_NAMED_TENSORS_H_
