#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/checkpoint/torch_container.h"
#include "mrsn/checkpoint/torch_pickle.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr char kPickle[] = "data.pkl";

class TorchZip : public TorchContainer {
 public:
  TorchZip(ZipReader zip, std::string prefix) : zip_(std::move(zip)), prefix_(std::move(prefix)) {}

  const std::string& origin() const override { return zip_.origin(); }

  absl::Status CheckStorage(const StorageRecord& storage) const override {
    const std::string name = NameOf(storage);
    const auto found = zip_.members().find(name);
    if (found == zip_.members().end()) {
      return absl::DataLossError(absl::StrFormat("the archive lacks its elements, '%s'", name));
    }
    const DtypeInfo& info = InfoOf(storage.dtype);
    const uint64_t bytes = found->second.bytes;
    if (storage.elements > bytes || storage.elements * info.bytes != bytes) {
      return absl::DataLossError(absl::StrFormat("'%s' has %d bytes, expected %d elements of %s", name, bytes,
                                                 storage.elements, info.name));
    }
    return absl::OkStatus();
  }

  absl::Status ReadStorage(const StorageRecord& storage, void* out) const override {
    return zip_.Read(NameOf(storage), out);
  }

 private:
  std::string NameOf(const StorageRecord& storage) const {
    return absl::StrCat(prefix_, "data/", storage.key);
  }

  ZipReader zip_;
  std::string prefix_;
};

// "<folder>/" of the one member <folder>/data.pkl.
absl::StatusOr<std::string> FindPrefix(const ZipReader& zip) {
  std::string prefix;
  for (const auto& [name, member] : zip.members()) {
    const std::string folder = name.substr(0, name.find('/'));
    if (name != absl::StrCat(folder, "/", kPickle)) continue;
    if (!prefix.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: holds both '%s%s' and '%s'; torch.save writes one", zip.origin(), prefix, kPickle, name));
    }
    prefix = absl::StrCat(folder, "/");
  }
  if (prefix.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: not a file of torch.save: no member '<folder>/%s'", zip.origin(), kPickle));
  }
  return prefix;
}

}  // namespace

absl::StatusOr<OpenedContainer> OpenTorchZip(ZipReader zip) {
  const std::string origin = zip.origin();
  MRSN_ASSIGN_OR_RETURN(const std::string prefix, FindPrefix(zip));
  if (zip.members().count(prefix + "constants.pkl") > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        origin, ": a TorchScript program, not a checkpoint; save its state_dict() with torch.save"));
  }
  if (zip.members().count(prefix + "byteorder") > 0) {
    MRSN_ASSIGN_OR_RETURN(const std::string order, zip.ReadText(prefix + "byteorder", 16));
    if (order != "little") {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: byteorder is '%s'; only little is read", origin, order));
    }
  }
  MRSN_ASSIGN_OR_RETURN(const std::string pickle, zip.ReadText(prefix + kPickle, kMaxPickleBytes));
  MRSN_ASSIGN_OR_RETURN(TorchPickle tree, Unpickle(pickle, absl::StrCat(origin, ": ", kPickle)));
  return OpenedContainer{std::make_unique<TorchZip>(std::move(zip), prefix), std::move(tree)};
}

}  // namespace mrsn
