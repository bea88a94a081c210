#include "ops/formats/pickle/text_opcodes.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace mrsn::formats {
namespace {

// `count` hexadecimal digits at `at`; false if there are fewer.
bool Hex(absl::string_view text, size_t at, size_t count, uint32_t* value) {
  if (count > text.size() - std::min(at, text.size())) return false;
  *value = 0;
  for (const char c : text.substr(at, count)) {
    if (!absl::ascii_isxdigit(c)) return false;
    *value = *value * 16 + (absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
  }
  return true;
}

char Escaped(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // a quote or a backslash
  }
}

}  // namespace

bool IsDecimal(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool AppendUtf8(uint32_t point, std::string* text) {
  if (point > 0x10ffff) return false;
  const auto tail = [&](int shift) { *text += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    *text += static_cast<char>(point);
  } else if (point < 0x800) {
    *text += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    *text += static_cast<char>(0xe0 | point >> 12);
    tail(6), tail(0);
  } else {
    *text += static_cast<char>(0xf0 | point >> 18);
    tail(12), tail(6), tail(0);
  }
  return true;
}

bool Unquote(absl::string_view line, std::string* text) {
  if (line.size() < 2 || line.front() != line.back() || (line[0] != '\'' && line[0] != '"')) return false;
  line = line.substr(1, line.size() - 2);
  for (size_t i = 0; i < line.size(); ++i) {
    uint32_t byte = 0;
    if (line[i] != '\\' || i + 1 == line.size()) {
      *text += line[i];
    } else if (line[i + 1] == 'x' && Hex(line, i + 2, 2, &byte)) {
      *text += static_cast<char>(byte);
      i += 3;
    } else {
      *text += Escaped(line[++i]);
    }
  }
  return true;
}

bool UnescapeUnicode(absl::string_view line, std::string* text) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool escape = line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == 'u' || line[i + 1] == 'U');
    if (!escape) {
      AppendUtf8(static_cast<uint8_t>(line[i]), text);
      continue;
    }
    const size_t digits = line[i + 1] == 'u' ? 4 : 8;
    uint32_t point = 0;
    if (!Hex(line, i + 2, digits, &point) || !AppendUtf8(point, text)) return false;
    i += 1 + digits;
  }
  return true;
}

}  // namespace mrsn::formats
