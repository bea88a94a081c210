#include "experiments/run/pretrained_backbone.h"

#include "absl/strings/str_cat.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::StatusOr<std::string> PretrainedBackbonePath(const std::string& file, const std::string& data_root) {
  std::string path = absl::StrCat(data_root.empty() ? "." : data_root, "/", file);
  if (FileExists(path)) return path;
  return absl::NotFoundError(absl::StrCat(
      path,
      ": no such file; put a checkpoint of the same backbone there (PySlowFast, PyTorchVideo, mmaction2 "
      "or this project's), or start from random weights with --override='clear: "
      "\"inputs.pretrained_backbone\" clear: \"inputs.pretraining\" train { batch_norm: TRAINED }'"));
}

absl::StatusOr<PretrainedBackbone> LoadPretrainedBackbone(const std::string& path, Detector& model) {
  ImportOptions import;
  import.backbone_only = true;
  MRSN_ASSIGN_OR_RETURN(const ImportReport report, LoadCheckpoint(path, "auto", model, import));
  return PretrainedBackbone{report.file_sha256,
                            absl::StrCat(report.mapped.size(), " tensors, ", report.format, ", sha256 ",
                                         report.file_sha256.substr(0, 12))};
}

}  // namespace mrsn::experiments
