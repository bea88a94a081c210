#include "mrsn/checkpoint/safetensors.h"

#include <ATen/ops/empty.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/checkpoint/safetensors_header.h"
#include "mrsn/checkpoint/scalar_type.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using nlohmann::json;

const char* NameOf(at::ScalarType type) {
  for (const DtypeInfo& info : kDtypeInfos) {
    if (ScalarTypeOf(info.dtype) == type) return info.safetensors;
  }
  TORCH_CHECK(false, "safetensors: dtype ", type, " is not supported");
}

// `fetch(begin, bytes, to)` copies bytes of the file.
absl::StatusOr<Safetensors> MakeTensors(SafetensorsHeader header,
                                        absl::FunctionRef<absl::Status(uint64_t, uint64_t, void*)> fetch) {
  Safetensors content;
  content.metadata = std::move(header.metadata);
  for (const SafetensorsHeader::Entry& entry : header.entries) {
    at::Tensor tensor = at::empty(entry.shape, ScalarTypeOf(entry.dtype));
    if (entry.end > entry.begin) {
      MRSN_RETURN_IF_ERROR(
          fetch(header.data_begin + entry.begin, entry.end - entry.begin, tensor.data_ptr()));
    }
    content.tensors[entry.name] = std::move(tensor);
  }
  return content;
}

}  // namespace

std::string SerializeSafetensors(const Safetensors& content) {
  json header = json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  uint64_t offset = 0;
  std::vector<at::Tensor> contiguous;
  for (const auto& [name, tensor] : content.tensors) {
    contiguous.push_back(tensor.detach().cpu().contiguous());
    header[name] = {{"dtype", NameOf(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + contiguous.back().nbytes()}}};
    offset += contiguous.back().nbytes();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // data starts aligned
  std::string bytes(8, '\0');
  const uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes.reserve(8 + text.size() + offset);
  bytes += text;
  for (const at::Tensor& tensor : contiguous) {
    bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  return bytes;
}

absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes, const std::string& origin) {
  MRSN_ASSIGN_OR_RETURN(SafetensorsHeader header, ParseSafetensorsHeader(bytes, bytes.size(), origin));
  return MakeTensors(std::move(header), [&](uint64_t begin, uint64_t size, void* to) {
    std::memcpy(to, bytes.data() + begin, size);
    return absl::OkStatus();
  });
}

absl::Status WriteSafetensors(const std::string& path, const Safetensors& content) {
  return WriteFileAtomically(path, SerializeSafetensors(content));
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  std::error_code failed;
  const uint64_t file_bytes = std::filesystem::file_size(path, failed);
  if (failed) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading: ", failed.message()));
  }
  std::ifstream file(path, std::ios::binary);
  const auto fetch = [&](uint64_t begin, uint64_t size, void* to) {
    file.seekg(begin);
    file.read(static_cast<char*>(to), size);
    return file ? absl::OkStatus()
                : absl::DataLossError(absl::StrFormat("%s: cannot read bytes %d..%d of %d", path, begin,
                                                      begin + size, file_bytes));
  };
  std::string head(std::min(file_bytes, kSafetensorsLengthBytes), '\0');
  MRSN_RETURN_IF_ERROR(fetch(0, head.size(), head.data()));
  MRSN_ASSIGN_OR_RETURN(const uint64_t head_bytes, SafetensorsHeaderEnd(head, file_bytes, path));
  head.resize(head_bytes);
  MRSN_RETURN_IF_ERROR(fetch(0, head.size(), head.data()));
  MRSN_ASSIGN_OR_RETURN(SafetensorsHeader header, ParseSafetensorsHeader(head, file_bytes, path));
  return MakeTensors(std::move(header), fetch);
}

}  // namespace mrsn
