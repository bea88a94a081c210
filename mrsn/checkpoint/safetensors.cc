#include "mrsn/checkpoint/safetensors.h"

#include <ATen/ops/empty.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using nlohmann::json;

// The format's own limit, which also bounds what a hostile header can make us parse.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

struct DtypeName {
  at::ScalarType type;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{at::kFloat, "F32"},     {at::kDouble, "F64"}, {at::kHalf, "F16"},
                                 {at::kBFloat16, "BF16"}, {at::kLong, "I64"},   {at::kInt, "I32"},
                                 {at::kByte, "U8"},       {at::kBool, "BOOL"}};

const char* NameOf(at::ScalarType type) {
  for (const DtypeName& dtype : kDtypes) {
    if (dtype.type == type) return dtype.name;
  }
  TORCH_CHECK(false, "safetensors: dtype ", type, " is not supported");
}

absl::Status Malformed(const std::string& origin, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(origin, ": not a readable safetensors file: ", what));
}

// Product of `shape` times `item_size`, or an error for negative sizes and overflow.
absl::StatusOr<uint64_t> ByteSize(const std::vector<int64_t>& shape, uint64_t item_size,
                                  const std::string& origin, const std::string& name) {
  uint64_t bytes = item_size;
  for (int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      return Malformed(origin, absl::StrCat("tensor '", name, "' has an impossible shape"));
    }
  }
  return bytes;
}

absl::StatusOr<at::Tensor> ParseTensor(const std::string& name, const json& entry, absl::string_view data,
                                       const std::string& origin) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
      !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
    return Malformed(origin, absl::StrCat("tensor '", name, "' lacks dtype, shape or data_offsets"));
  }
  const std::string dtype = entry["dtype"];
  const DtypeName* found = nullptr;
  for (const DtypeName& candidate : kDtypes) {
    if (dtype == candidate.name) found = &candidate;
  }
  if (found == nullptr) {
    return Malformed(origin, absl::StrCat("tensor '", name, "' has unsupported dtype ", dtype));
  }
  std::vector<int64_t> shape;
  for (const json& size : entry["shape"]) {
    if (!size.is_number_integer()) return Malformed(origin, absl::StrCat("tensor '", name, "': bad shape"));
    shape.push_back(size.get<int64_t>());
  }
  if (!entry["data_offsets"][0].is_number_unsigned() || !entry["data_offsets"][1].is_number_unsigned()) {
    return Malformed(origin, absl::StrCat("tensor '", name, "': bad data_offsets"));
  }
  const uint64_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
  MRSN_ASSIGN_OR_RETURN(const uint64_t expected,
                        ByteSize(shape, c10::elementSize(found->type), origin, name));
  if (begin > end || end > data.size() || end - begin != expected) {
    return Malformed(origin, absl::StrFormat("tensor '%s' takes bytes %d..%d of %d, but its shape needs %d",
                                             name, begin, end, data.size(), expected));
  }
  at::Tensor tensor = at::empty(shape, found->type);
  if (expected > 0) std::memcpy(tensor.data_ptr(), data.data() + begin, expected);
  return tensor;
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
  uint64_t length = 0;
  if (bytes.size() < sizeof length) return Malformed(origin, "shorter than its length field");
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes.remove_prefix(sizeof length);
  if (length > bytes.size() || length > kMaxHeaderBytes) {
    return Malformed(origin,
                     absl::StrFormat("header of %d bytes in a file with %d left", length, bytes.size()));
  }
  const json header = json::parse(bytes.substr(0, length), nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Malformed(origin, "its header is no JSON object");
  bytes.remove_prefix(length);
  Safetensors content;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) return Malformed(origin, "__metadata__ is no object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return Malformed(origin, absl::StrCat("metadata '", key, "' is no string"));
        content.metadata[key] = value;
      }
      continue;
    }
    MRSN_ASSIGN_OR_RETURN(content.tensors[name], ParseTensor(name, entry, bytes, origin));
  }
  return content;
}

absl::Status WriteSafetensors(const std::string& path, const Safetensors& content) {
  return WriteFileAtomically(path, SerializeSafetensors(content));
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return ParseSafetensors(bytes, path);
}

}  // namespace mrsn
