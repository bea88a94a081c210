// A class of actions that counts.
#ifndef MRSN_EVAL_EVALUATED_CLASS_H_
#define MRSN_EVAL_EVALUATED_CLASS_H_

#include <string>

namespace mrsn::eval {

// `id` as in the files: AVA from 1, UCF101-24 from 0. `kind` groups classes
// ("pose", "person-object", "person-person" ..); "" = none.
struct EvaluatedClass {
  int id = 0;
  std::string name;
  std::string kind;
};

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_EVALUATED_CLASS_H_
