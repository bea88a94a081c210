// Pickles of dicts, lists and numpy arrays: box lists, annotations, Caffe2 weights.
//
//   MRSN_ASSIGN_OR_RETURN(const PickleTree tree, ReadNumpyPickle("proposals.pkl"));
//   if (const NumpyArray* array = ArrayOf(*tree.root->Get("boxes"))) ...
#ifndef MRSN_OPS_FORMATS_PICKLE_NUMPY_PICKLE_H_
#define MRSN_OPS_FORMATS_PICKLE_NUMPY_PICKLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/formats/pickle/value.h"

namespace mrsn::formats {

// numpy's element types: kind 'b' bool, 'i' and 'u' integers, 'f' floats, 'S' bytes, 'U' text in UTF-32,
// 'O' objects.
struct NumpyType {
  char kind = 0;
  int64_t bytes = 0;  // of one element
  bool big_endian = false;
  std::string Name() const;  // "float32", "text"
};

class NumpyArray : public PickleObject {
 public:
  NumpyType type;
  std::vector<int64_t> shape;
  bool column_major = false;
  const std::string* data = nullptr;  // of the tree; as many bytes as `shape` and `type` say

  std::string Described() const override;  // "a numpy array of float32 [3,5]"
  int64_t size() const;                    // elements
  // Element `i`, counted in row-major order whatever the array's own order; nothing if it is no number (or,
  // for Text, no text).
  std::optional<double> Number(int64_t i) const;
  std::optional<std::string> Text(int64_t i) const;  // UTF-8
  // Where element `i` begins in `data`.
  int64_t Place(int64_t i) const;
};

// Nothing if the value is no array.
const NumpyArray* ArrayOf(const PickleValue& value);

// Reads a pickle of protocol 0 to 5. The names that may stand in it are those of numpy.core and numpy._core
// for arrays, types and numbers (_reconstruct, _frombuffer, ndarray, dtype, scalar), OrderedDict,
// defaultdict, codecs.encode, and Python's list, tuple, dict, set, frozenset, bytes and bytearray. A numpy
// number or text becomes a number or string of Python's. DataLoss names the file, the byte, and the name that
// is refused.
absl::StatusOr<PickleTree> ReadNumpyPickle(const std::string& path);
absl::StatusOr<PickleTree> ParseNumpyPickle(absl::string_view bytes, const std::string& origin);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_PICKLE_NUMPY_PICKLE_H_
