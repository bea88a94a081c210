// The contents of a pickle as plain data. Nothing in the pickle is ever executed.
#ifndef MRSN_OPS_FORMATS_PICKLE_VALUE_H_
#define MRSN_OPS_FORMATS_PICKLE_VALUE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::formats {

// The data of an object that a PickleObjects gives a meaning: an array, a tensor.
class PickleObject {
 public:
  virtual ~PickleObject() = default;
  virtual std::string Described() const = 0;  // "a tensor": for messages
};

struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,  // UTF-8, or any bytes where Python 2 wrote a str
    kBytes,
    kList,
    kTuple,
    kSet,
    kDict,
    kObject,  // `object` says more
    kGlobal,  // a class or function, by name
    kOpaque,  // an object of an unknown class, or an integer of more than 64 bits
  };
  Kind kind = Kind::kNone;
  union {
    int64_t integer = 0;  // of bool and int
    double real;          // of float
  };
  std::string text;                       // of string and bytes; "module.name" of global and opaque
  std::vector<const PickleValue*> items;  // of list, tuple and set; of dict: key, value, key, value, ..
  std::shared_ptr<PickleObject> object;

  bool IsText() const { return kind == Kind::kString || kind == Kind::kBytes; }
  // Bool, int or float.
  bool IsNumber() const { return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kFloat; }
  double Number() const { return kind == Kind::kFloat ? real : static_cast<double>(integer); }
  // List or tuple.
  bool IsSequence() const { return kind == Kind::kList || kind == Kind::kTuple; }
  // The value of a dict's text key, nullptr if the dict has no such key. The last of repeated keys counts,
  // as in Python.
  const PickleValue* Get(absl::string_view key) const;
  // "a dict", "a float", "an object of numpy.ndarray": for messages.
  std::string Described() const;
};

// The values of one pickle. They may refer to each other in circles: code that walks them must bound the
// depth.
struct PickleTree {
  const PickleValue* root = nullptr;
  std::set<std::string> unknown_globals;  // globals of the pickle that its reader does not know

  std::deque<PickleValue> values;  // owns; addresses are stable
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_VALUE_H_
