#include "ops/formats/sniff.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ops/formats/text_file.h"

namespace mrsn::formats {
namespace {

constexpr uint64_t kHeadBytes = 4096;
// A zip archive's directory ends with a record of 22 bytes and a comment of at most 65535.
constexpr uint64_t kEndRecordBytes = 22;
constexpr uint64_t kTailBytes = kEndRecordBytes + 65535;

struct Start {
  FileKind kind;
  size_t at;
  absl::string_view bytes;
  const char* name;
};

#define MRSN_BYTES(literal) absl::string_view(literal, sizeof literal - 1)
// The first that fits counts.
constexpr Start kStarts[] = {
    {FileKind::kGitLfsPointer, 0, MRSN_BYTES("version https://git-lfs"), "a Git LFS pointer"},
    {FileKind::kZip, 0, MRSN_BYTES("PK\x03\x04"), "a zip archive"},
    {FileKind::kZip, 0, MRSN_BYTES("PK\x05\x06"), "a zip archive"},
    {FileKind::kGzip, 0, MRSN_BYTES("\x1f\x8b"), "a gzip file"},
    {FileKind::kTar, 257, MRSN_BYTES("ustar"), "a tar archive"},
    {FileKind::kMatlab5, 0, MRSN_BYTES("MATLAB 5"), "a MATLAB file"},
    {FileKind::kHdf5, 0, MRSN_BYTES("MATLAB 7.3"), "a MATLAB 7.3 (HDF5) file"},
    {FileKind::kHdf5, 0, MRSN_BYTES("\x89HDF\r\n\x1a\n"), "an HDF5 file"},
    {FileKind::kImage, 0, MRSN_BYTES("\xff\xd8\xff"), "a JPEG image"},
    {FileKind::kImage, 0, MRSN_BYTES("\x89PNG\r\n\x1a\n"), "a PNG image"},
    {FileKind::kImage, 0, MRSN_BYTES("GIF8"), "a GIF image"},
    {FileKind::kImage, 8, MRSN_BYTES("WEBP"), "a WebP image"},
    {FileKind::kVideo, 8, MRSN_BYTES("AVI "), "an AVI video"},
    {FileKind::kVideo, 4, MRSN_BYTES("ftyp"), "an MP4 video"},
    {FileKind::kVideo, 0, MRSN_BYTES("\x1a\x45\xdf\xa3"), "a Matroska or WebM video"},
    {FileKind::kVideo, 0, MRSN_BYTES("\0\0\x01\xb0"), "an MPEG-4 video"},
    {FileKind::kVideo, 0, MRSN_BYTES("\0\0\x01\xba"), "an MPEG video"},
    {FileKind::kVideo, 0, MRSN_BYTES("\0\0\x01\xb3"), "an MPEG video"},
};
#undef MRSN_BYTES

const Start* StartOf(absl::string_view head) {
  for (const Start& start : kStarts) {
    if (head.size() >= start.at && absl::StartsWith(head.substr(start.at), start.bytes)) return &start;
  }
  return nullptr;
}

absl::string_view SkipBlanks(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  while (!text.empty() && absl::ascii_isspace(text.front())) text.remove_prefix(1);
  return text;
}

// A header of JSON whose length stands in the first eight bytes; 0 if there is none.
uint64_t SafetensorsHeader(absl::string_view head) {
  uint64_t length = 0;
  if (head.size() < 9 || head[8] != '{') return 0;
  std::memcpy(&length, head.data(), sizeof length);
  return length > 0 && length < (uint64_t{1} << 30) ? length : 0;
}

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// An MP4 file is a sequence of boxes, each a length, a name and that many bytes; the first ones are looked
// at. An AVI file begins with its length.
bool VideoEndsEarly(const FileLook& look) {
  const absl::string_view head = look.head;
  if (absl::StartsWith(head, "RIFF")) {
    uint64_t length = 0;
    for (int i = 7; i >= 4; --i) length = length << 8 | static_cast<uint8_t>(head[i]);
    return length + 8 > look.size;
  }
  if (!absl::StartsWith(head.substr(4), "ftyp")) return false;
  for (uint64_t at = 0; at + 16 <= head.size();) {
    uint64_t length = BigEndian(head.substr(at, 4));
    if (length == 1) length = BigEndian(head.substr(at + 8, 8));
    if (length < 8) return false;  // 0: up to the end
    if (length > look.size - at) return true;
    at += length;
  }
  return false;
}

// Protocol 2 and later begin with the opcode PROTO, the number, and another opcode; protocols 0 and 1 with a
// mark, a dict or a list that names something at once, or with a tuple of these.
bool IsPickle(absl::string_view head) {
  if (head.size() >= 2 && head[0] == '\x80') return head[1] >= 2 && head[1] <= 5;
  return absl::StartsWith(head, "(dp") || absl::StartsWith(head, "(lp") ||
         absl::StartsWith(head, "ccollections\n") || absl::StartsWith(head, "}q") ||
         absl::StartsWith(head, "]q") || absl::StartsWith(head, "cnumpy") || absl::StartsWith(head, "((lp") ||
         absl::StartsWith(head, "((dp") || absl::StartsWith(head, "(]q") || absl::StartsWith(head, "(}q");
}

// Text with a stray zero is still text, whose reader names the line.
bool IsText(absl::string_view head) {
  const auto control = [](char c) { return absl::ascii_iscntrl(c) && !absl::ascii_isspace(c); };
  return 10 * static_cast<size_t>(std::count_if(head.begin(), head.end(), control)) <= head.size();
}

bool IsWebPage(absl::string_view text) {
  for (const char* start : {"<!doctype html", "<html", "<head", "<body", "<script"}) {
    if (absl::StartsWithIgnoreCase(text, start)) return true;
  }
  // An XHTML page, or a comment before the page.
  return (absl::StartsWith(text, "<!--") || absl::StartsWith(text, "<?xml")) &&
         absl::StrContains(absl::AsciiStrToLower(text), "<html");
}

const char* NameOf(FileKind kind) {
  switch (kind) {
    case FileKind::kEmpty:
      return "empty (0 bytes)";
    case FileKind::kFolder:
      return "a folder";
    case FileKind::kWebPage:
      return "a web page (HTML)";
    case FileKind::kXml:
      return "an XML file";
    case FileKind::kJson:
      return "a JSON file";
    case FileKind::kText:
      return "a text file";
    case FileKind::kPickle:
      return "a pickle";
    case FileKind::kSafetensors:
      return "a safetensors file";
    default:
      return "a binary file of unknown kind";
  }
}

}  // namespace

absl::StatusOr<FileLook> LookAt(const std::string& path) {
  FileLook look;
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    look.folder = true;
    return look;
  }
  look.size = std::filesystem::file_size(path, failed);
  if (failed) return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading: ", failed.message()));
  std::ifstream file(path, std::ios::binary);
  look.head.resize(std::min(kHeadBytes, look.size));
  look.tail.resize(std::min(kTailBytes, look.size));
  file.read(look.head.data(), look.head.size());
  file.seekg(look.size - look.tail.size());
  if (!file.read(look.tail.data(), look.tail.size())) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading: ", std::strerror(errno)));
  }
  return look;
}

FileLook LookAtBytes(absl::string_view bytes) {
  FileLook look;
  look.size = bytes.size();
  look.head = std::string(bytes.substr(0, kHeadBytes));
  look.tail = std::string(bytes.substr(bytes.size() - std::min<size_t>(kTailBytes, bytes.size())));
  return look;
}

FileKind KindOf(const FileLook& look) { return look.folder ? FileKind::kFolder : KindOf(look.head); }

FileKind KindOf(absl::string_view bytes) {
  const absl::string_view head = bytes.substr(0, kHeadBytes);
  if (head.empty()) return FileKind::kEmpty;
  if (const Start* start = StartOf(head)) return start->kind;
  if (IsPickle(head)) return FileKind::kPickle;
  if (SafetensorsHeader(head) > 0) return FileKind::kSafetensors;
  if (!IsText(head)) return FileKind::kBinary;
  const absl::string_view text = SkipBlanks(head);
  if (IsWebPage(text)) return FileKind::kWebPage;
  if (absl::StartsWith(text, "<?xml")) return FileKind::kXml;
  if (absl::StartsWith(text, "{") || absl::StartsWith(text, "[")) return FileKind::kJson;
  return FileKind::kText;
}

bool EndsEarly(const FileLook& look) {
  const absl::string_view tail = look.tail;
  switch (KindOf(look)) {
    case FileKind::kZip: {
      const size_t record = tail.rfind("PK\x05\x06");
      return record == absl::string_view::npos || tail.size() - record < kEndRecordBytes;
    }
    case FileKind::kPickle:
      return !absl::EndsWith(tail, ".");
    case FileKind::kJson: {
      const absl::string_view end = absl::StripTrailingAsciiWhitespace(tail);
      return !absl::EndsWith(end, "}") && !absl::EndsWith(end, "]");
    }
    case FileKind::kSafetensors:
      return 8 + SafetensorsHeader(look.head) > look.size;
    case FileKind::kVideo:
      return VideoEndsEarly(look);
    case FileKind::kImage:
      if (absl::StartsWith(look.head, "\xff\xd8")) return !absl::StrContains(tail, "\xff\xd9");
      return absl::StartsWith(look.head, "\x89PNG") && !absl::StrContains(tail, "IEND");
    default:
      return false;
  }
}

std::string Described(const FileLook& look) {
  const FileKind kind = KindOf(look);
  const Start* start = look.folder ? nullptr : StartOf(look.head);
  const char* name = start != nullptr ? start->name : NameOf(kind);
  if (EndsEarly(look)) {
    return absl::StrFormat("ends early: %s of %d bytes whose end is missing", name, look.size);
  }
  std::string described = absl::StrCat("is ", name);
  if (kind == FileKind::kText) {
    const absl::string_view line = absl::string_view(look.head).substr(0, look.head.find_first_of("\r\n"));
    absl::StrAppend(&described, " that begins with ", Quoted(line));
  }
  return described;
}

absl::Status NotThe(absl::string_view expected, const std::string& origin, const FileLook& look) {
  const FileKind kind = KindOf(look);
  std::string cure;
  if (kind == FileKind::kWebPage || EndsEarly(look)) cure = ": download it again";
  if (kind == FileKind::kGzip) cure = ": unpack it first";
  if (kind == FileKind::kGitLfsPointer) cure = ": fetch the file it stands for (git lfs pull)";
  if (absl::StartsWith(look.head, "MATLAB 7.3")) cure = ": save it in MATLAB with -v7";
  return absl::InvalidArgumentError(absl::StrCat(
      origin, ": ", Described(look), EndsEarly(look) ? ", no complete " : ", not ",
      EndsEarly(look) ? absl::StripPrefix(absl::StripPrefix(expected, "an "), "a ") : expected, cure));
}

absl::Status TextError(absl::Status error, absl::string_view expected, const std::string& origin,
                       absl::string_view bytes) {
  const FileKind kind = KindOf(bytes);
  if (error.ok() || kind == FileKind::kText || kind == FileKind::kJson || kind == FileKind::kEmpty)
    return error;
  return NotThe(expected, origin, LookAtBytes(bytes));
}

}  // namespace mrsn::formats
