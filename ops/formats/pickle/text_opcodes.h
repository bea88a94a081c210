// The texts of protocol 0: numbers and quoted strings, as Python's repr() writes them.
#ifndef MRSN_OPS_FORMATS_PICKLE_TEXT_OPCODES_H_
#define MRSN_OPS_FORMATS_PICKLE_TEXT_OPCODES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace mrsn::formats {

// Digits, after a sign or none.
bool IsDecimal(absl::string_view text);

// Appends a code point in UTF-8; false for values beyond Unicode.
bool AppendUtf8(uint32_t point, std::string* text);

// 'it\'s \x41' or "..." with Python's escapes. False if the quotes are missing.
bool Unquote(absl::string_view line, std::string* text);

// \uXXXX and \UXXXXXXXX; all other bytes are Latin-1. False if an escape is cut.
bool UnescapeUnicode(absl::string_view line, std::string* text);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_TEXT_OPCODES_H_
