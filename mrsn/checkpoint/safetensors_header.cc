#include "mrsn/checkpoint/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using nlohmann::json;

constexpr size_t kMaxDimensions = 16;
constexpr int kMaxDepth = 4;  // header, tensor, its arrays

bool IsControl(char c) { return absl::ascii_iscntrl(c); }

absl::Status Malformed(const std::string& origin, absl::string_view what) {
  std::string message = absl::StrCat(origin, ": not a readable safetensors file: ", what);
  std::replace_if(message.begin(), message.end(), IsControl, '?');  // names may be any bytes
  return absl::DataLossError(message);
}

// json::parse() keeps the last of equal keys; here they are an error. Nor may nesting
// use up the stack.
absl::StatusOr<json> ParseJson(absl::string_view text, const std::string& origin) {
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  bool too_deep = false;
  const auto callback = [&](int depth, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty()) {
      const std::string key = value.get<std::string>();
      if (!keys.back().insert(key).second && repeated.empty()) repeated = key;
    }
    too_deep |= depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  json header = json::parse(text, callback, /*allow_exceptions=*/false);
  if (!repeated.empty())
    return Malformed(origin, absl::StrCat("'", repeated, "' occurs twice in its header"));
  if (too_deep || !header.is_object()) return Malformed(origin, "its header is no JSON object of tensors");
  return header;
}

// Product of `shape` times `item_size`, or an error for negative sizes and overflow, also
// where another size is 0: strides are products of sizes, too.
absl::StatusOr<uint64_t> ByteSize(const std::vector<int64_t>& shape, uint64_t item_size,
                                  const std::string& origin, const std::string& name) {
  int64_t bytes = static_cast<int64_t>(item_size);
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (size < 0 || __builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes)) {
      return Malformed(origin, absl::StrCat("tensor '", name, "' has an impossible shape"));
    }
  }
  return empty ? 0 : bytes;
}

absl::StatusOr<SafetensorsHeader::Entry> ParseEntry(const std::string& name, const json& entry,
                                                    uint64_t data_bytes, const std::string& origin) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
      !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
    return Malformed(origin, absl::StrCat("tensor '", name, "' lacks dtype, shape or data_offsets"));
  }
  if (std::any_of(name.begin(), name.end(), IsControl)) {
    return Malformed(origin, absl::StrCat("the name '", name, "' has control characters"));
  }
  const std::string dtype = entry["dtype"];
  const auto* info = std::find_if(std::begin(kDtypeInfos), std::end(kDtypeInfos),
                                  [&](const DtypeInfo& candidate) { return dtype == candidate.safetensors; });
  if (info == std::end(kDtypeInfos)) {
    return Malformed(origin, absl::StrCat("tensor '", name, "' has unsupported dtype ", dtype));
  }
  SafetensorsHeader::Entry parsed{name, info->dtype, {}, 0, 0};
  for (const json& size : entry["shape"]) {
    if (!size.is_number_integer() || parsed.shape.size() == kMaxDimensions) {
      return Malformed(origin, absl::StrCat("tensor '", name, "': bad shape"));
    }
    parsed.shape.push_back(size.get<int64_t>());
  }
  if (!entry["data_offsets"][0].is_number_unsigned() || !entry["data_offsets"][1].is_number_unsigned()) {
    return Malformed(origin, absl::StrCat("tensor '", name, "': bad data_offsets"));
  }
  parsed.begin = entry["data_offsets"][0];
  parsed.end = entry["data_offsets"][1];
  MRSN_ASSIGN_OR_RETURN(const uint64_t expected, ByteSize(parsed.shape, info->bytes, origin, name));
  if (parsed.begin > parsed.end || parsed.end > data_bytes || parsed.end - parsed.begin != expected) {
    return Malformed(origin, absl::StrFormat("tensor '%s' takes bytes %d..%d of %d, but its shape needs %d",
                                             name, parsed.begin, parsed.end, data_bytes, expected));
  }
  return parsed;
}

// Each tensor begins where the one before it ends; the last one ends the file.
absl::Status CheckOrder(const SafetensorsHeader& header, uint64_t data_bytes, const std::string& origin) {
  uint64_t end = 0;
  for (const SafetensorsHeader::Entry& entry : header.entries) {
    if (entry.begin != end) {
      return Malformed(origin, absl::StrFormat("tensor '%s' begins at byte %d of the data, but %d bytes come "
                                               "before it",
                                               entry.name, entry.begin, end));
    }
    end = entry.end;
  }
  if (end != data_bytes) {
    return Malformed(origin, absl::StrFormat("its tensors have %d bytes, the file has %d", end, data_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> SafetensorsHeaderEnd(absl::string_view start, uint64_t file_bytes,
                                              const std::string& origin) {
  if (start.size() < kSafetensorsLengthBytes || file_bytes < kSafetensorsLengthBytes) {
    return Malformed(origin, "shorter than its length field");
  }
  uint64_t length = 0;
  std::memcpy(&length, start.data(), sizeof length);
  const uint64_t left = file_bytes - kSafetensorsLengthBytes;
  if (length > left || length > kMaxSafetensorsHeaderBytes) {
    return Malformed(origin, absl::StrFormat("header of %d bytes in a file with %d left", length, left));
  }
  return kSafetensorsLengthBytes + length;
}

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view head, uint64_t file_bytes,
                                                         const std::string& origin) {
  SafetensorsHeader header;
  MRSN_ASSIGN_OR_RETURN(header.data_begin, SafetensorsHeaderEnd(head, file_bytes, origin));
  const uint64_t data_bytes = file_bytes - header.data_begin;
  head = head.substr(kSafetensorsLengthBytes, header.data_begin - kSafetensorsLengthBytes);
  MRSN_ASSIGN_OR_RETURN(const json parsed, ParseJson(head, origin));
  for (const auto& [name, entry] : parsed.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) return Malformed(origin, "__metadata__ is no object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return Malformed(origin, absl::StrCat("metadata '", key, "' is no string"));
        header.metadata[key] = value;
      }
      continue;
    }
    MRSN_ASSIGN_OR_RETURN(SafetensorsHeader::Entry tensor, ParseEntry(name, entry, data_bytes, origin));
    header.entries.push_back(std::move(tensor));
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);  // empty ones first
  });
  MRSN_RETURN_IF_ERROR(CheckOrder(header, data_bytes, origin));
  return header;
}

absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(const ByteSource& source) {
  MRSN_ASSIGN_OR_RETURN(const std::string start, source.Head(kSafetensorsLengthBytes));
  MRSN_ASSIGN_OR_RETURN(const uint64_t bytes, SafetensorsHeaderEnd(start, source.size(), source.origin()));
  MRSN_ASSIGN_OR_RETURN(const std::string head, source.Head(bytes));
  return ParseSafetensorsHeader(head, source.size(), source.origin());
}

}  // namespace mrsn
