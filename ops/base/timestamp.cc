#include "ops/base/timestamp.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace mrsn {

Timestamp Timestamp::Nearest(double number) {
  return OfMicros(std::llround(number * static_cast<double>(kUnit)));
}

std::string Timestamp::Text(int digits) const {
  const bool negative = micros_ < 0;
  const int64_t whole = (negative ? -1 : 1) * (micros_ / kUnit);
  const int64_t fraction = (negative ? -1 : 1) * (micros_ % kUnit);
  std::string text = absl::StrFormat("%s%0*d", negative ? "-" : "", digits - negative, whole);
  if (fraction == 0) return text;
  absl::StrAppendFormat(&text, ".%06d", fraction);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace mrsn
