#include "mrsn/checkpoint/pickle_value.h"

namespace mrsn {

const PickleValue* PickleValue::Get(const std::string& key) const {
  const PickleValue* found = nullptr;
  for (size_t i = 0; kind == Kind::kDict && i + 1 < items.size(); i += 2) {
    if (items[i]->kind == Kind::kString && items[i]->text == key) found = items[i + 1];
  }
  return found;
}

std::string PickleValue::Described() const {
  switch (kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return "a bool";
    case Kind::kInt:
      return "an int";
    case Kind::kFloat:
      return "a float";
    case Kind::kString:
      return "a string";
    case Kind::kBytes:
      return "a bytes object";
    case Kind::kList:
      return "a list";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kDict:
      return "a dict";
    case Kind::kTensor:
      return "a tensor";
    case Kind::kStorage:
      return "a storage";
    case Kind::kGlobal:
      return text + " itself";
    case Kind::kOpaque:
      return "an object of " + text;
  }
  return "";
}

}  // namespace mrsn
