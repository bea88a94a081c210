// The contents of a pickle of torch.save as plain data. Nothing in the pickle is ever executed: an object of
// an unknown class is inert and only has a name.
#ifndef MRSN_MRSN_CHECKPOINT_PICKLE_VALUE_H_
#define MRSN_MRSN_CHECKPOINT_PICKLE_VALUE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mrsn/checkpoint/dtype.h"

namespace mrsn {

// Values a storage member of the archive holds.
struct StorageRecord {
  std::string key;  // its member is "<prefix>/data/<key>"
  Dtype dtype;
  uint64_t elements;
};

// A view of a storage: element (i, j, ..) is storage[offset + i strides[0] + j strides[1] + ..].
// Every element lies within the storage.
struct TensorRecord {
  const StorageRecord* storage;
  int64_t offset;
  std::vector<int64_t> sizes, strides;
};

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,  // UTF-8
    kBytes,
    kList,
    kTuple,
    kDict,
    kTensor,
    kStorage,
    kGlobal,  // a class or function, by name
    kOpaque,  // an object of an unknown class, a set or a long integer
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  // of bool and int
  double real = 0;
  std::string text;                       // of string and bytes; "module.name" of global and opaque
  std::vector<const PickleValue*> items;  // of list and tuple; of dict: key, value, key, value, ..
  std::unique_ptr<TensorRecord> tensor;
  const StorageRecord* storage = nullptr;

  // The value of a dict's string key, nullptr if the dict has no such key. The last of repeated keys counts,
  // as in Python.
  const PickleValue* Get(const std::string& key) const;
  // "a dict", "a float", "an object of numpy.ndarray": for messages.
  std::string Described() const;
};

// The values of one pickle. They may refer to each other in circles: code that walks them must bound the
// depth.
struct PickleTree {
  const PickleValue* root = nullptr;
  std::set<std::string> unknown_globals;  // globals of the pickle that this reader does not know

  std::deque<PickleValue> values;  // owns; addresses are stable
  std::deque<StorageRecord> storages;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_PICKLE_VALUE_H_
