// What is known of AVA's classes without a label map.
#ifndef MRSN_EVAL_KNOWN_CLASSES_H_
#define MRSN_EVAL_KNOWN_CLASSES_H_

#include <string>

namespace mrsn::eval {

// "pose", "person-object" or "person-person" if AVA v2.2 has a class of this id
// and name, else "".
std::string AvaKind(int id, const std::string& name);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_KNOWN_CLASSES_H_
