// Circles of includes, as a check over the project's C++ files.
//
// A header and the sources of its name (acre.h, acre.cc) are one unit: they hold one
// concept. A circle between units means that neither concept can be understood, built
// or tested without the other, even where the compiler accepts it, as it does when
// a.cc includes b.h and b.h includes a.h in one target.
#ifndef MRSN_THIRD_PARTY_CHECKS_INCLUDE_CYCLES_H_
#define MRSN_THIRD_PARTY_CHECKS_INCLUDE_CYCLES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::checks {

// The paths that a C++ file includes in quotes, in order.
std::vector<std::string> IncludesOf(absl::string_view text);

// One line for each circle, "a -> b -> a" between units ("mrsn/head/acre"). `files` holds
// the text of every C++ file by its path from the workspace's root; includes of other
// files are ignored. Circles that share units may share a line.
std::vector<std::string> IncludeCycles(const std::map<std::string, std::string>& files);

}  // namespace mrsn::checks

#endif  // MRSN_THIRD_PARTY_CHECKS_INCLUDE_CYCLES_H_
