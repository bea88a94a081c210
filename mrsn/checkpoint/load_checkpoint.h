// Loads the weights of any known file into a model.
//
//   MRSN_ASSIGN_OR_RETURN(ImportReport report, LoadCheckpoint("slowfast.pyth", "auto", *model, {}));
#ifndef MRSN_MRSN_CHECKPOINT_LOAD_CHECKPOINT_H_
#define MRSN_MRSN_CHECKPOINT_LOAD_CHECKPOINT_H_

#include <torch/nn/module.h>

#include <string>

#include "absl/status/statusor.h"
#include "mrsn/checkpoint/import_report.h"
#include "mrsn/checkpoint/import_weights.h"

namespace mrsn {

// `path` is a safetensors file (of this project, or with another framework's names), a file of torch.save, or
// a Caffe2 model of PySlowFast's zoo (.pkl), told apart by their content. `format` is "auto" or one of
// NameMapFormats(): native, pyslowfast, caffe2, pytorchvideo, mmaction2, acar, alphaction, torchvision.
// import_weights.h
// says how the file's names become those of `model`, and what the options allow. An error is one line that
// names the file; `model` is then unchanged.
absl::StatusOr<ImportReport> LoadCheckpoint(const std::string& path, const std::string& format,
                                            torch::nn::Module& model, const ImportOptions& options);

// All tensors of such a file, by the file's names.
absl::StatusOr<NamedTensors> ReadTensors(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_LOAD_CHECKPOINT_H_
