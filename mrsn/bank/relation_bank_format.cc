#include "mrsn/bank/relation_bank_format.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ops/base/fingerprint.h"

namespace mrsn::bank {
namespace {

constexpr char kFormat[] = "mrsn relation bank 1";
constexpr uint32_t kSign = 0x80000000u;  // turned over, negative seconds sort first

void AppendBigEndian(uint32_t number, std::string* bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes->push_back(static_cast<char>(number >> shift & 0xff));
}

// Of the first four bytes.
uint32_t BigEndian(absl::string_view bytes) {
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

}  // namespace

std::string MetaKey() { return std::string("\0meta", 5); }

std::string Differences(const BankIdentity& bank_has, const BankIdentity& run_has) {
  std::string differences;
  const auto compare = [&](const char* what, const std::string& bank, const std::string& run) {
    if (bank == run) return;
    absl::StrAppend(&differences, "; ", what, ": the bank was written with ", bank, ", this run has ", run);
  };
  compare("checkpoint", bank_has.checkpoint, run_has.checkpoint);
  compare("boxes", bank_has.boxes, run_has.boxes);
  compare("config", bank_has.config, run_has.config);
  return differences;
}

std::string EntryKey(const Keyframe& keyframe) {
  const int64_t second = keyframe.timestamp.Floor();
  const int64_t fraction = (keyframe.timestamp - second).micros();
  std::string key = keyframe.video;
  key.push_back('\0');
  AppendBigEndian(static_cast<uint32_t>(second) ^ kSign, &key);
  if (fraction > 0) AppendBigEndian(static_cast<uint32_t>(fraction), &key);
  return key;
}

std::optional<Keyframe> KeyframeOfKey(absl::string_view key) {
  const size_t end = key.find('\0');  // no name holds it
  if (end == absl::string_view::npos || end == 0) return std::nullopt;
  const absl::string_view time = key.substr(end + 1);
  if (time.size() != 4 && time.size() != 8) return std::nullopt;
  Timestamp timestamp = static_cast<int32_t>(BigEndian(time) ^ kSign);
  if (time.size() == 8) timestamp = timestamp + Timestamp::OfMicros(BigEndian(time.substr(4)));
  return Keyframe{std::string(key.substr(0, end)), timestamp};
}

MDB_val Value(const std::string& bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

absl::Status SystemError(int code, const std::string& path, absl::string_view doing) {
  return LmdbError(code, path, doing);  // LMDB passes errno on
}

absl::Status LmdbError(int code, const std::string& path, absl::string_view doing) {
  std::string message = absl::StrCat("relation bank ", path, ": ", doing, ": ", mdb_strerror(code));
  if (code == EIO) message += " (disk full or failing)";
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EIO:  // LMDB also reports a write that was cut short as EIO, as on a full disk
      return absl::ResourceExhaustedError(message);
    case ENOENT:
      return absl::NotFoundError(message);
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
      return absl::DataLossError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::StatusOr<std::string> FileFingerprint(const std::string& path, ProgressFunction progress) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return SystemError(errno, path, "opening");
  Fingerprinter fingerprinter;
  std::vector<char> buffer(1 << 20);
  int64_t done = 0;
  size_t size;
  while ((size = std::fread(buffer.data(), 1, buffer.size(), file)) > 0) {
    fingerprinter.Add(buffer.data(), size);
    progress(done += static_cast<int64_t>(size));
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  return fingerprinter.Hex();
}

std::string MetaRecord(const BankMeta& meta) {
  return absl::StrCat(kFormat, "\nwidth ", meta.width, "\nkeyframes ", meta.keyframes, "\ncheckpoint ",
                      meta.identity.checkpoint, "\nboxes ", meta.identity.boxes, "\nconfig ",
                      meta.identity.config, "\n");
}

absl::StatusOr<BankMeta> ParseMeta(absl::string_view record, const std::string& path) {
  const std::vector<absl::string_view> lines = absl::StrSplit(record, '\n');
  if (lines.empty() || lines[0] != kFormat) {
    return absl::DataLossError(absl::StrCat("relation bank ", path, ": not in the format \"", kFormat, "\""));
  }
  BankMeta meta;
  for (absl::string_view line : lines) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (field.first == "width") (void)absl::SimpleAtoi(field.second, &meta.width);
    if (field.first == "keyframes") (void)absl::SimpleAtoi(field.second, &meta.keyframes);
    if (field.first == "checkpoint") meta.identity.checkpoint = std::string(field.second);
    if (field.first == "boxes") meta.identity.boxes = std::string(field.second);
    if (field.first == "config") meta.identity.config = std::string(field.second);
  }
  if (meta.width < 1) {
    return absl::DataLossError(absl::StrCat("relation bank ", path, ": its record of itself has no width"));
  }
  return meta;
}

}  // namespace mrsn::bank
