// The classes of AVA v2.2 and UCF101-24: ids, names and kinds, written down once.
#ifndef MRSN_OPS_FORMATS_CLASS_LISTS_H_
#define MRSN_OPS_FORMATS_CLASS_LISTS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace mrsn::formats {

// A class of actions. `id` as in the files: AVA and micro_world from 1, UCF101-24 from 0. `kind` groups
// classes in reports ("pose", "person-object", "person-person", "context", ...); "" = none. Classes that are
// not `evaluated` are trained and scored but do not count: 20 of AVA's 80.
struct ActionClass {
  int id = 0;
  std::string name;
  std::string kind;
  bool evaluated = true;
};

// AVA's 60 evaluated classes, of 80.
std::vector<ActionClass> AvaEvaluatedClasses();
// 24 classes in alphabetical order, without kinds.
std::vector<ActionClass> Ucf24Classes();

// "pose", "person-object" or "person-person" if AVA v2.2 has a class of this id
// and name, else "".
std::string AvaKind(int id, const std::string& name);

// The kind of a label map's label_type. AVA's PERSON_MOVEMENT is "pose", OBJECT_MANIPULATION
// "person-object", PERSON_INTERACTION "person-person"; another one is written in lower case with hyphens.
std::string KindOfLabelType(absl::string_view label_type);

// The class of this name, nullptr if there is none.
const ActionClass* FindClass(const std::vector<ActionClass>& classes, absl::string_view name);

absl::flat_hash_set<int> ClassIds(const std::vector<ActionClass>& classes);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_CLASS_LISTS_H_
