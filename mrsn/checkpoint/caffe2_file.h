// Reads weights that Caffe2 models were saved as: a pickle {"blobs": {name: numpy array}, ..}. PySlowFast's
// model zoo has its Kinetics weights in such files (.pkl).
#ifndef MRSN_MRSN_CHECKPOINT_CAFFE2_FILE_H_
#define MRSN_MRSN_CHECKPOINT_CAFFE2_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/dtype.h"
#include "ops/formats/pickle/numpy_pickle.h"

namespace mrsn {

struct Caffe2Blob {
  std::string name;  // "t_res2_0_branch2a_bn_rm"
  Dtype dtype;
  const formats::NumpyArray* array;  // lives as long as the file
};

class Caffe2File {
 public:
  // An error is one line that names the file, the blob and the fault: the pickle is damaged or names
  // something else than arrays and plain data, there is no dict "blobs", a blob is no array or has a type
  // that is not in dtype.h.
  static absl::StatusOr<Caffe2File> Parse(absl::string_view bytes, const std::string& origin);
  static absl::StatusOr<Caffe2File> Open(const std::string& path);

  // The arrays in the file's order; names are unique. Single numbers (learning rate, iteration) are none.
  const std::vector<Caffe2Blob>& blobs() const { return blobs_; }

 private:
  formats::PickleTree tree_;
  std::vector<Caffe2Blob> blobs_;
};

// Copies the array's elements into `out`, row-major and little-endian.
void CopyElements(const formats::NumpyArray& array, void* out);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_CAFFE2_FILE_H_
