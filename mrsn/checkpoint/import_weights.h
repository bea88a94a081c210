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
  // Copy what fits and report the rest instead of failing.
  bool allow_partial = false;
  // Copy only "backbone.": a detector starts from a Kinetics classifier (or an ImageNet
  // one) with its head as initialised; everything else of the file is left out.
  bool backbone_only = false;
};

// `model` are all parameters and buffers. A tensor is copied if the shapes are equal,
// converting between floating-point types, and
//  - a 2-D kernel [O,I,h,w] also into a 3-D one [O,I,t,h,w], each of whose t slices
//    becomes the kernel divided by t, so that a still clip gives what the image gave;
//  - a classifier with a background class also into one with a row less.
// A file without num_batches_tracked (older than PyTorch 0.4.1, or frozen batch norms)
// is complete: nothing here reads the counter.
// Unless allow_partial, anything missing, unexpected or misfitting is InvalidArgument with
// ImportReport::Summary(); then the model is unchanged. Two tensors of the file with
// one native name are always an error.
absl::StatusOr<ImportReport> ImportWeights(const NamedTensors& file, const std::string& origin,
                                           const NameMapper& names, const ImportOptions& options,
                                           const NamedTensors& model);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_IMPORT_WEIGHTS_H_
