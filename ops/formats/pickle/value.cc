#include "ops/formats/pickle/value.h"

namespace mrsn::formats {

const PickleValue* PickleValue::Get(absl::string_view key) const {
  const PickleValue* found = nullptr;
  for (size_t i = 0; kind == Kind::kDict && i + 1 < items.size(); i += 2) {
    if (items[i]->IsText() && items[i]->text == key) found = items[i + 1];
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
    case Kind::kSet:
      return "a set";
    case Kind::kDict:
      return "a dict";
    case Kind::kObject:
      return object == nullptr ? "an object" : object->Described();
    case Kind::kGlobal:
      return text + " itself";
    case Kind::kOpaque:
      return "an object of " + text;
  }
  return "";
}

}  // namespace mrsn::formats
