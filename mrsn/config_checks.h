// Checks of configuration fields whose errors read "model.<field>: <value>; allowed: <range>".
#ifndef MRSN_MRSN_CONFIG_CHECKS_H_
#define MRSN_MRSN_CONFIG_CHECKS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

// The field's value if the file sets it, else `value`.
#define MRSN_OR_DEFAULT(message, field, value) ((message).has_##field() ? (message).field() : (value))

namespace mrsn {

// Far beyond anything sensible; keeps a slip of the pen from asking for terabytes.
constexpr int64_t kMaxChannels = 16384;

inline absl::Status Invalid(const std::string& field, const std::string& value, const std::string& allowed) {
  return absl::InvalidArgumentError(absl::StrCat("model.", field, ": ", value, "; allowed: ", allowed));
}

inline absl::Status InRange(const std::string& field, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();  // not NaN
  return Invalid(field, absl::StrCat(value), absl::StrCat(low, " to ", high));
}

inline absl::Status Odd(const std::string& field, int64_t value, int64_t high) {
  if (value >= 1 && value <= high && value % 2 == 1) return absl::OkStatus();
  return Invalid(field, absl::StrCat(value), absl::StrCat("odd numbers from 1 to ", high));
}

inline absl::Status CheckDropout(const std::string& field, double value) {
  return InRange(field, value, 0, 0.99);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_CONFIG_CHECKS_H_
