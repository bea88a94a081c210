// Texts of files from anywhere, made fit for a page.
#ifndef MRSN_EXPERIMENTS_REPORT_CLEAN_TEXT_H_
#define MRSN_EXPERIMENTS_REPORT_CLEAN_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mrsn::experiments {

// `text` as UTF-8 that XML allows: bytes that are no UTF-8, and characters that XML has no place for, become
// U+FFFD. Line breaks, tabs and other control characters become spaces.
std::string CleanText(absl::string_view text);

// At most `characters` characters; a cut text ends with "…".
std::string Shortened(absl::string_view text, int characters);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_CLEAN_TEXT_H_
