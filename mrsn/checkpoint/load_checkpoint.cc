#include "mrsn/checkpoint/load_checkpoint.h"

#include <ATen/ATen.h>

#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mrsn/checkpoint/caffe2_file.h"
#include "mrsn/checkpoint/name_map.h"
#include "mrsn/checkpoint/safetensors.h"
#include "mrsn/checkpoint/scalar_type.h"
#include "mrsn/checkpoint/torch_container.h"
#include "mrsn/checkpoint/torch_file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"
#include "ops/formats/sniff.h"

namespace mrsn {
namespace {

// Views of one tensor per storage, so that shared storages are read once.
absl::StatusOr<NamedTensors> ReadTorchFile(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const TorchFile file, TorchFile::Open(path));
  std::map<const StorageRecord*, at::Tensor> storages;
  NamedTensors tensors;
  for (const StoredTensor& stored : file.state()) {
    const TensorRecord& record = *stored.tensor;
    at::Tensor& storage = storages[record.storage];
    if (!storage.defined()) {
      storage =
          at::empty({static_cast<int64_t>(record.storage->elements)}, ScalarTypeOf(record.storage->dtype));
      MRSN_RETURN_IF_ERROR(file.ReadStorage(*record.storage, storage.data_ptr()));
    }
    tensors.emplace_back(stored.name, storage.as_strided(record.sizes, record.strides, record.offset));
  }
  return tensors;
}

// Tensors of their own: the file's memory ends with this function.
absl::StatusOr<NamedTensors> ReadCaffe2File(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const Caffe2File file, Caffe2File::Open(path));
  NamedTensors tensors;
  for (const Caffe2Blob& blob : file.blobs()) {
    at::Tensor tensor = at::empty(blob.array->shape, ScalarTypeOf(blob.dtype));
    CopyElements(*blob.array, tensor.data_ptr());
    tensors.emplace_back(blob.name, tensor);
  }
  return tensors;
}

// By its content, or by its name where the content is of no known kind.
bool IsSafetensors(const std::string& path, const formats::FileLook& look) {
  const formats::FileKind kind = formats::KindOf(look);
  return kind == formats::FileKind::kSafetensors ||
         (kind == formats::FileKind::kBinary && absl::EndsWith(path, ".safetensors"));
}

absl::StatusOr<std::string> FileSha256(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Fingerprinter fingerprint;
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
    fingerprint.Add(buffer.data(), file.gcount());
  }
  if (!file.eof()) return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading"));
  return fingerprint.Hex();
}

}  // namespace

absl::StatusOr<NamedTensors> ReadTensors(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const formats::FileLook look, formats::LookAt(path));
  if (formats::KindOf(look) == formats::FileKind::kPickle && !IsTorchLegacy(look.head))
    return ReadCaffe2File(path);
  if (!IsSafetensors(path, look)) return ReadTorchFile(path);
  MRSN_ASSIGN_OR_RETURN(const Safetensors content, ReadSafetensors(path));
  return NamedTensors(content.tensors.begin(), content.tensors.end());
}

absl::StatusOr<ImportReport> LoadCheckpoint(const std::string& path, const std::string& format,
                                            torch::nn::Module& model, const ImportOptions& options) {
  NamedTensors targets;
  bool two_pathways = false;
  for (const auto& item : model.named_parameters()) targets.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) targets.emplace_back(item.key(), item.value());
  for (const auto& [name, tensor] : targets) two_pathways |= absl::StartsWith(name, "backbone.slow.");

  MRSN_ASSIGN_OR_RETURN(const std::string sha256, FileSha256(path));
  MRSN_ASSIGN_OR_RETURN(const NamedTensors file, ReadTensors(path));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file) names.push_back(name);
  MRSN_ASSIGN_OR_RETURN(const NameMapper mapper, ChooseNameMap(format, names, two_pathways, path));
  MRSN_ASSIGN_OR_RETURN(ImportReport report, ImportWeights(file, path, mapper, options, targets));
  report.file_sha256 = sha256;
  return report;
}

}  // namespace mrsn
