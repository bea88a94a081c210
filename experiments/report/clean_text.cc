#include "experiments/report/clean_text.h"

#include <cstdint>

namespace mrsn::experiments {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

// Length in bytes of the UTF-8 character at the beginning of `text`; 0 if there is none that XML allows.
int LengthOfCharacter(absl::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  uint32_t code = lead & (0xFF >> (length + 1));
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kSmallest[length] || surrogate || code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF
             ? 0
             : length;
}

}  // namespace

std::string CleanText(absl::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const int length = LengthOfCharacter(text);
    if (length == 0) {
      clean += kReplacement;
    } else if (length == 1 && (static_cast<uint8_t>(text[0]) < 0x20 || text[0] == 0x7F)) {
      clean += ' ';
    } else {
      clean.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

std::string Shortened(absl::string_view text, int characters) {
  const std::string clean = CleanText(text);
  const auto begins_character = [&](size_t i) { return (static_cast<uint8_t>(clean[i]) & 0xC0) != 0x80; };
  int count = 0;
  size_t cut = clean.size();
  for (size_t i = 0; i < clean.size(); ++i) {
    if (!begins_character(i)) continue;
    if (count == characters - 1) cut = i;
    if (++count > characters) return clean.substr(0, cut) + "…";
  }
  return clean;
}

}  // namespace mrsn::experiments
