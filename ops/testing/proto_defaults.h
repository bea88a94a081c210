// The defaults that the comments of a .proto file promise, to be compared with the real ones.
#ifndef MRSN_OPS_TESTING_PROTO_DEFAULTS_H_
#define MRSN_OPS_TESTING_PROTO_DEFAULTS_H_

#include <map>
#include <string>

namespace mrsn {

// For the text of a .proto file, by full name ("mrsn.AcarHeadConfig.depth"), the words after "default" in
// the comment above or behind each `optional` field: up to the first of "; ", ": ", ". " or the comment's
// end. Empty for a field whose comment names none, and for "no default".
std::map<std::string, std::string> DocumentedDefaults(const std::string& proto);

}  // namespace mrsn

#endif  // MRSN_OPS_TESTING_PROTO_DEFAULTS_H_
