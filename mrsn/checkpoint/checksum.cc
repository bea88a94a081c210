#include "mrsn/checkpoint/checksum.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "ops/base/fingerprint.h"

namespace mrsn {
namespace {

constexpr char kKey[] = "mrsn.sha256";

// With its length, so that no two contents give the same bytes.
void Add(absl::string_view text, Fingerprinter* hash) {
  const uint64_t size = text.size();
  hash->Add(&size, sizeof size);
  hash->Add(text);
}

std::string ChecksumOf(const Safetensors& content) {
  Fingerprinter hash;
  for (const auto& [key, text] : content.metadata) {
    Add(key, &hash);
    Add(text, &hash);
  }
  for (const auto& [name, tensor] : content.tensors) {
    Add(name, &hash);
    Add(absl::StrCat(static_cast<int>(tensor.scalar_type())), &hash);
    for (const int64_t size : tensor.sizes()) hash.Add(&size, sizeof size);
    const at::Tensor elements = tensor.detach().cpu().contiguous();
    Add({static_cast<const char*>(elements.const_data_ptr()), elements.nbytes()}, &hash);
  }
  return hash.Hex();
}

}  // namespace

std::string AddChecksum(Safetensors* content) {
  content->metadata.erase(kKey);
  return content->metadata[kKey] = ChecksumOf(*content);
}

absl::Status TakeChecksum(const std::string& origin, Safetensors* content) {
  const auto stored = content->metadata.extract(kKey);
  if (stored.empty()) return absl::DataLossError(absl::StrCat(origin, ": has no checksum"));
  const std::string found = ChecksumOf(*content);
  if (found == stored.mapped()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(origin, ": is damaged: its content has the checksum ", found,
                                          ", it was written with ", stored.mapped()));
}

}  // namespace mrsn
