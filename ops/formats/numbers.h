// Numbers out of text: exact, and fast for the short decimals of annotation files.
#ifndef MRSN_OPS_FORMATS_NUMBERS_H_
#define MRSN_OPS_FORMATS_NUMBERS_H_

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

#include "absl/strings/charconv.h"
#include "absl/strings/string_view.h"

namespace mrsn::formats {

inline absl::string_view TrimBlanks(absl::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The double nearest to the decimal (correctly rounded); blanks around it are
// skipped. False, and `value` undefined, for anything else: also for values out of
// range, "nan" and "inf".
inline bool ParseDouble(absl::string_view text, double& value) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  p += negative;
  uint64_t digits = 0;
  int decimals = 0;
  const char* const first = p;
  while (p != end && static_cast<unsigned char>(*p - '0') < 10) digits = digits * 10 + (*p++ - '0');
  int count = static_cast<int>(p - first);
  if (p != end && *p == '.') {
    const char* const point = ++p;
    while (p != end && static_cast<unsigned char>(*p - '0') < 10) digits = digits * 10 + (*p++ - '0');
    decimals = static_cast<int>(p - point);
    count += decimals;
  }
  // Up to 18 digits `digits` did not overflow; integers to 2^53 and powers to
  // 10^22 are exact doubles, so that one division rounds once.
  if (p == end && count > 0 && count <= 18 && digits <= (uint64_t{1} << 53)) {
    value = static_cast<double>(digits) / kPowers[decimals];
    if (negative) value = -value;
    return true;
  }
  text = TrimBlanks(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (text.empty() || text.front() == '+') return false;
  const absl::from_chars_result result = absl::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() && std::isfinite(value);
}

// A decimal integer of 32 bits; blanks around it are skipped.
inline bool ParseInt(absl::string_view text, int& value) {
  text = TrimBlanks(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 10) return false;
  int64_t wide = 0;
  for (char c : text) {
    if (static_cast<unsigned char>(c - '0') >= 10) return false;
    wide = wide * 10 + (c - '0');
  }
  if (negative) wide = -wide;
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) return false;
  value = static_cast<int>(wide);
  return true;
}

// Appends the fewest digits from which the same double is read back.
inline void AppendShortest(std::string& text, double value) {
  char buffer[40];
  const std::to_chars_result result = std::to_chars(buffer, buffer + sizeof buffer, value);
  text.append(buffer, result.ptr - buffer);
}

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_NUMBERS_H_
