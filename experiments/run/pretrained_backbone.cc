#include "experiments/run/pretrained_backbone.h"

#include <ATen/ATen.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

absl::StatusOr<std::string> PathOf(const std::string& file, const std::string& data_root) {
  std::string path = absl::StrCat(data_root.empty() ? "." : data_root, "/", file);
  if (FileExists(path)) return path;
  return absl::NotFoundError(absl::StrCat(
      path,
      ": no such file; put a checkpoint of the same backbone there (PySlowFast, PyTorchVideo, mmaction2 "
      "or this project's), or start from random weights with --override='clear: "
      "\"inputs.pretrained_backbone\"'"));
}

absl::StatusOr<ImportReport> Load(const std::string& path, Detector& model) {
  ImportOptions import;
  import.backbone_only = true;
  return LoadCheckpoint(path, "auto", model, import);
}

}  // namespace

absl::StatusOr<std::string> LoadPretrainedBackbone(const std::string& file, const std::string& data_root,
                                                   Detector& model) {
  MRSN_ASSIGN_OR_RETURN(const std::string path, PathOf(file, data_root));
  MRSN_ASSIGN_OR_RETURN(const ImportReport report, Load(path, model));
  return report.file_sha256;
}

absl::StatusOr<std::string> TryPretrainedBackbone(const std::string& file, const std::string& data_root,
                                                  const ModelConfig& config) {
  MRSN_ASSIGN_OR_RETURN(const std::string path, PathOf(file, data_root));
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, BuildDetector(config, at::kCPU));
  MRSN_ASSIGN_OR_RETURN(const ImportReport report, Load(path, *model));
  return absl::StrCat(report.mapped.size(), " tensors, ", report.format, ", sha256 ",
                      report.file_sha256.substr(0, 12));
}

}  // namespace mrsn::experiments
