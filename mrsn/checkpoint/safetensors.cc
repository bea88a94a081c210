#include "mrsn/checkpoint/safetensors.h"

#include <ATen/ops/empty.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "mrsn/checkpoint/byte_source.h"
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

absl::StatusOr<Safetensors> ReadFrom(const ByteSource& source) {
  MRSN_ASSIGN_OR_RETURN(SafetensorsHeader header, ReadSafetensorsHeader(source));
  Safetensors content;
  content.metadata = std::move(header.metadata);
  for (const SafetensorsHeader::Entry& entry : header.entries) {
    at::Tensor tensor = at::empty(entry.shape, ScalarTypeOf(entry.dtype));
    MRSN_RETURN_IF_ERROR(
        source.Read(header.data_begin + entry.begin, entry.end - entry.begin, tensor.data_ptr()));
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
  return ReadFrom(ByteSource::View(bytes, origin));
}

absl::Status WriteSafetensors(const std::string& path, const Safetensors& content) {
  return WriteFileAtomically(path, SerializeSafetensors(content));
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const ByteSource source, ByteSource::Open(path));
  return ReadFrom(source);
}

}  // namespace mrsn
