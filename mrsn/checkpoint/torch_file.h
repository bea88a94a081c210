// Files of torch.save (.pth, .pyth, .pt), of its present format and of that before
// torch 1.6, in which many published checkpoints are.
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
#include "mrsn/checkpoint/pickle_value.h"
#include "mrsn/checkpoint/torch_container.h"

namespace mrsn {

// A tensor of the model's state, somewhere in a storage of the file.
struct StoredTensor {
  std::string name;
  const TensorRecord* tensor;  // lives as long as the file
};

class TorchFile {
 public:
  // The model's state is the dict under "model_state" (PySlowFast, PyTorchVideo), "state_dict"
  // (mmaction2) or "model" (AlphAction), else the top level itself. Errors are one line
  // that names the file: another format (with the cure, where there is one), damaged, no state, an entry of
  // the state that is no tensor or has a dtype beyond dtype.h, storages of another size than the pickle says.
  static absl::StatusOr<TorchFile> Open(const std::string& path);
  static absl::StatusOr<TorchFile> Parse(absl::string_view bytes, const std::string& origin);

  // In the file's order; names are unique and have lost DataParallel's "module.".
  const std::vector<StoredTensor>& state() const { return state_; }
  // Where it was found: "model_state", .., "" for the top level.
  const std::string& state_key() const { return state_key_; }
  // Classes and functions the file names and this reader left alone.
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
  PickleTree tree_;
  std::string state_key_;
  std::vector<StoredTensor> state_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_TORCH_FILE_H_
