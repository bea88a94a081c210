// Reads the two containers in which torch.save has stored a pickle and its storages.
#ifndef MRSN_MRSN_CHECKPOINT_TORCH_CONTAINER_H_
#define MRSN_MRSN_CHECKPOINT_TORCH_CONTAINER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/checkpoint/byte_source.h"
#include "mrsn/checkpoint/torch_pickle.h"
#include "mrsn/checkpoint/zip_reader.h"

namespace mrsn {

// A longer pickle is not read.
inline constexpr uint64_t kMaxPickleBytes = 64 << 20;

class TorchContainer {
 public:
  virtual ~TorchContainer() = default;
  virtual const std::string& origin() const = 0;
  // OK if the file has exactly the number of elements that the record says.
  virtual absl::Status CheckStorage(const StorageRecord& storage) const = 0;
  virtual absl::Status ReadStorage(const StorageRecord& storage, void* out) const = 0;
};

struct OpenedContainer {
  std::unique_ptr<TorchContainer> container;
  TorchPickle tree;
};

// Since torch 1.6: an archive of <prefix>/data.pkl and <prefix>/data/<key>.
absl::StatusOr<OpenedContainer> OpenTorchZip(ZipReader zip);

// Before, and with _use_new_zipfile_serialization=False: five pickles (a magic number, the version 1001, a
// description of the machine, the content, the storages' keys), then for each key the
// number of elements, 8 bytes, and the elements. There are no checksums.
bool IsTorchLegacy(absl::string_view head);
absl::StatusOr<OpenedContainer> OpenTorchLegacy(ByteSource source);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_TORCH_CONTAINER_H_
