#include "mrsn/head/rcm_short.h"

#include <ATen/ATen.h>

#include <vector>

namespace mrsn {

at::Tensor RelationFeatures(const Relations& relations) {
  std::vector<at::Tensor> parts;
  if (relations.X.defined()) {
    parts.push_back(relations.X.select(1, 0));         // X_A [N,d]
    parts.push_back(relations.X.slice(1, 1).mean(1));  // X_C [N,d]
  }
  if (relations.Y.defined()) parts.push_back(relations.Y);
  return at::cat(parts, 1);
}

}  // namespace mrsn
