#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mrsn/checkpoint/torch_container.h"
#include "mrsn/checkpoint/torch_pickle.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using Kind = PickleValue::Kind;

// The number 0x1950a86a20f9469cfc6c, after the opcodes of protocol and length.
constexpr absl::string_view kMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
constexpr int64_t kVersion = 1001;
constexpr uint64_t kCountBytes = 8;

class TorchLegacy : public TorchContainer {
 public:
  TorchLegacy(ByteSource source, std::map<std::string, uint64_t> begins)
      : source_(std::move(source)), begins_(std::move(begins)) {}

  const std::string& origin() const override { return source_.origin(); }

  absl::Status CheckStorage(const StorageRecord& storage) const override {
    if (begins_.count(storage.key) > 0) return absl::OkStatus();  // its size: Locate()
    return absl::DataLossError(absl::StrFormat("the file lacks its elements, storage %s", storage.key));
  }

  absl::Status ReadStorage(const StorageRecord& storage, void* out) const override {
    return source_.Read(begins_.at(storage.key), storage.elements * InfoOf(storage.dtype).bytes, out);
  }

 private:
  ByteSource source_;
  std::map<std::string, uint64_t> begins_;  // of each storage's elements, in the file
};

absl::Status Damaged(const ByteSource& source, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(source.origin(), ": not a readable file of torch.save: ", what));
}

// Where each storage's elements begin; they stand from byte `at` to the file's end.
absl::StatusOr<std::map<std::string, uint64_t>> Locate(const ByteSource& source, const TorchPickle& tree,
                                                       const PickleValue& keys, uint64_t at) {
  std::map<std::string, const StorageRecord*> records;
  for (const StorageRecord& record : tree.storages) records[record.key] = &record;
  std::map<std::string, uint64_t> begins;
  for (const PickleValue* key : keys.items) {
    const auto record = records.find(key->text);
    if (key->kind != Kind::kString || record == records.end()) {
      return Damaged(source, absl::StrFormat("storage '%s' is of no type that is read", key->text));
    }
    const StorageRecord& storage = *record->second;
    const DtypeInfo& info = InfoOf(storage.dtype);
    char raw[kCountBytes];
    MRSN_RETURN_IF_ERROR(source.Read(at, kCountBytes, raw));
    uint64_t elements = 0;
    std::memcpy(&elements, raw, sizeof elements);
    at += kCountBytes;
    if (elements != storage.elements || elements > (source.size() - at) / info.bytes) {
      return Damaged(source,
                     absl::StrFormat("storage %s has %d elements of %s in the %d bytes left, expected %d",
                                     storage.key, elements, info.name, source.size() - at, storage.elements));
    }
    if (!begins.emplace(storage.key, at).second) {
      return Damaged(source, absl::StrFormat("storage %s occurs twice", storage.key));
    }
    at += elements * info.bytes;
  }
  if (at != source.size()) {
    return Damaged(source, absl::StrFormat("%d bytes follow its storages", source.size() - at));
  }
  return begins;
}

}  // namespace

bool IsTorchLegacy(absl::string_view head) { return head.size() >= 14 && head.substr(2, 12) == kMagic; }

absl::StatusOr<OpenedContainer> OpenTorchLegacy(ByteSource source) {
  MRSN_ASSIGN_OR_RETURN(const std::string head, source.Head(kMaxPickleBytes));
  size_t at = 0;
  const auto next = [&](const char* what) {
    size_t length = 0;
    auto tree =
        Unpickle(absl::string_view(head).substr(at), absl::StrCat(source.origin(), ": ", what), &length);
    at += length;
    return tree;
  };
  MRSN_RETURN_IF_ERROR(next("magic number").status());
  MRSN_ASSIGN_OR_RETURN(const TorchPickle version, next("version"));
  if (version.root->kind != Kind::kInt || version.root->integer != kVersion) {
    return Damaged(source, absl::StrFormat("version %d, expected %d", version.root->integer, kVersion));
  }
  MRSN_ASSIGN_OR_RETURN(const TorchPickle machine, next("machine"));
  const PickleValue* little = machine.root->Get("little_endian");
  if (little == nullptr || little->kind != Kind::kBool || little->integer != 1) {
    return Damaged(source, "it was not written by a little-endian machine");
  }
  MRSN_ASSIGN_OR_RETURN(TorchPickle tree, next("content"));
  MRSN_ASSIGN_OR_RETURN(const TorchPickle keys, next("storage keys"));
  if (keys.root->kind != Kind::kList) return Damaged(source, "its storage keys are no list");
  MRSN_ASSIGN_OR_RETURN(auto begins, Locate(source, tree, *keys.root, at));
  return OpenedContainer{std::make_unique<TorchLegacy>(std::move(source), std::move(begins)),
                         std::move(tree)};
}

}  // namespace mrsn
