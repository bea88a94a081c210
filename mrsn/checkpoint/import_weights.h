// Copies tensors of a file into a model, name by name, and accounts for all of them.
#ifndef MRSN_MRSN_CHECKPOINT_IMPORT_WEIGHTS_H_
#define MRSN_MRSN_CHECKPOINT_IMPORT_WEIGHTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/checkpoint/import_report.h"
#include "mrsn/checkpoint/name_map.h"
#include "mrsn/checkpoint/named_tensors.h"

namespace mrsn {

struct ImportOptions {
  // Copies the tensors that fit and reports the others instead of failing.
  bool allow_partial = false;
  // Copies only "backbone.": a detector starts from a classifier of Kinetics or ImageNet and keeps its
  // initialised head. All other tensors of the file are left out.
  bool backbone_only = false;
};

// `model` holds all parameters and buffers. A tensor is copied if the shapes are equal; floating-point types
// are converted. Sizes of 1 do not count: a 1x1x1 convolution of another framework is a linear layer here,
// and both have the same elements in the same order. Two further cases are copied:
//  - a 2-D kernel [O,I,h,w] into a 3-D kernel [O,I,t,h,w]: each of the t slices becomes the kernel divided by
//    t, so that a still clip gives the image's result;
//  - a classifier with a background class into a classifier with one row less.
// A tensor that the format's models lack (NameMap.zero_if_missing) becomes 0.
// A file without num_batches_tracked (older than PyTorch 0.4.1, or frozen batch norms) is complete, because
// this project never reads the counter.
// Without allow_partial, a missing, unexpected or mismatched tensor is InvalidArgument with
// ImportReport::Summary(), and the model is unchanged. Two tensors of the file with one native name are
// always an error.
absl::StatusOr<ImportReport> ImportWeights(const NamedTensors& file, const std::string& origin,
                                           const NameMapper& names, const ImportOptions& options,
                                           const NamedTensors& model);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_IMPORT_WEIGHTS_H_
