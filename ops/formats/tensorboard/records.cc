#include "ops/formats/tensorboard/records.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mrsn::tensorboard {
namespace {

constexpr uint32_t kMask = 0xa282ead8u;
constexpr size_t kLengthBytes = 8, kCrcBytes = 4;

template <typename Number>
void AppendLittleEndian(Number number, std::string* bytes) {
  for (size_t i = 0; i < sizeof number; ++i) bytes->push_back(static_cast<char>(number >> 8 * i));
}

template <typename Number>
Number LittleEndian(absl::string_view bytes) {
  Number number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number |= Number{static_cast<uint8_t>(bytes[i])} << 8 * i;
  return number;
}

}  // namespace

uint32_t MaskedCrc32c(absl::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  // The library counts in int.
  constexpr size_t kMost = size_t{1} << 30;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kMost, bytes.size()))) {
    auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));  // it only reads
    crc = crc32_iscsi(data, static_cast<int>(std::min(kMost, bytes.size())), crc);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + kMask;
}

std::string RecordOf(absl::string_view data) {
  std::string record;
  record.reserve(kLengthBytes + kCrcBytes + data.size() + kCrcBytes);
  AppendLittleEndian(uint64_t{data.size()}, &record);
  AppendLittleEndian(MaskedCrc32c(record), &record);
  absl::StrAppend(&record, data);
  AppendLittleEndian(MaskedCrc32c(data), &record);
  return record;
}

absl::StatusOr<std::vector<std::string>> ReadRecords(absl::string_view file, const std::string& path) {
  std::vector<std::string> records;
  const size_t size = file.size();
  while (!file.empty()) {
    const auto damaged = [&](absl::string_view what) {
      return absl::DataLossError(absl::StrCat(path, ": the record at byte ", size - file.size(), " ", what));
    };
    if (file.size() < kLengthBytes + kCrcBytes) return damaged("is cut off");
    const absl::string_view length = file.substr(0, kLengthBytes);
    if (LittleEndian<uint32_t>(file.substr(kLengthBytes)) != MaskedCrc32c(length)) {
      return damaged("has a wrong checksum of its length");
    }
    const auto bytes = LittleEndian<uint64_t>(length);
    absl::string_view rest = file.substr(kLengthBytes + kCrcBytes);
    if (rest.size() < kCrcBytes || rest.size() - kCrcBytes < bytes) return damaged("is cut off");
    const absl::string_view data = rest.substr(0, bytes);
    if (LittleEndian<uint32_t>(rest.substr(bytes)) != MaskedCrc32c(data)) {
      return damaged("has a wrong checksum");
    }
    records.emplace_back(data);
    file = rest.substr(bytes + kCrcBytes);
  }
  return records;
}

}  // namespace mrsn::tensorboard
