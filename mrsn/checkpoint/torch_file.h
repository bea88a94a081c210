// Reads files of torch.save (.pth, .pyth, .pt), in the present format and in the one before torch 1.6, which
// many published checkpoints have.
//
//   MRSN_ASSIGN_OR_RETURN(const TorchFile file, TorchFile::Open("slowfast.pyth"));
//   for (const StoredTensor& tensor : file.state()) ...
#ifndef MRSN_MRSN_CHECKPOINT_TORCH_FILE_H_
#define MRSN_MRSN_CHECKPOINT_TORCH_FILE_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/torch_container.h"
#include "mrsn/checkpoint/torch_pickle.h"

namespace mrsn {

// A tensor of the model's state. Its elements lie in a storage of the file.
struct StoredTensor {
  std::string name;
  const TensorRecord* tensor;  // lives as long as the file
};

class TorchFile {
 public:
  // The model's state is the dict under "model_state" (PySlowFast, PyTorchVideo), "state_dict"
  // (mmaction2) or "model" (AlphAction), otherwise the top level. An error is one line that names the file:
  // it has another format (with the cure, if there is one), is damaged, has no state, has an entry of the
  // state that is no tensor or whose dtype is not in dtype.h, or has storages of another size than the pickle
  // says.
  static absl::StatusOr<TorchFile> Open(const std::string& path);
  static absl::StatusOr<TorchFile> Parse(absl::string_view bytes, const std::string& origin);

  // In the file's order; names are unique and have lost DataParallel's "module.".
  const std::vector<StoredTensor>& state() const { return state_; }
  // The key under which the state was found: "model_state", ..; "" for the top level.
  const std::string& state_key() const { return state_key_; }
  // Classes and functions that the file names and this reader does not know.
  const std::set<std::string>& unknown_globals() const { return tree_.unknown_globals; }

  // Fills `out` with the storage's elements, little-endian.
  absl::Status ReadStorage(const StorageRecord& storage, void* out) const {
    return container_->ReadStorage(storage, out);
  }

 private:
  explicit TorchFile(OpenedContainer opened)
      : container_(std::move(opened.container)), tree_(std::move(opened.tree)) {}
  static absl::StatusOr<TorchFile> FromContainer(absl::StatusOr<OpenedContainer> opened);
  absl::Status FindState();

  std::unique_ptr<TorchContainer> container_;
  TorchPickle tree_;
  std::string state_key_;
  std::vector<StoredTensor> state_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_TORCH_FILE_H_
