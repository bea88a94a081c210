#include "mrsn/checkpoint/torch_file.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "mrsn/checkpoint/unpickle.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using Kind = PickleValue::Kind;

constexpr uint64_t kMaxPickleBytes = 64 << 20;
constexpr char kPickle[] = "data.pkl";
constexpr char kDataParallel[] = "module.";

// What torch < 1.6 wrote: a tar archive, or a pickle of this magic number first.
constexpr absl::string_view kLegacyMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);

absl::string_view WithoutPathSuffix(absl::string_view name) { return name.substr(0, name.find('/')); }

// Explains a file that is no zip archive by its first bytes.
absl::Status NotZip(absl::string_view head, const std::string& origin) {
  const bool tar = head.size() >= 262 && head.substr(257, 5) == "ustar";
  if (tar || (head.size() >= 14 && head.substr(2, 12) == kLegacyMagic)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: the format torch had before 1.6, which is not read; save it again with torch >= 1.6: "
        "torch.save(torch.load(\"x.pth\", map_location=\"cpu\"), \"y.pth\")",
        origin));
  }
  if (absl::StartsWith(head, "\x80")) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: a bare pickle, not a file of torch.save; Caffe2 models (.pkl) are not read, "
                        "PySlowFast saves them as .pyth after loading them",
                        origin));
  }
  return absl::InvalidArgumentError(absl::StrCat(origin, ": not a file of torch.save: not a zip archive"));
}

bool IsZip(absl::string_view head) { return absl::StartsWith(head, "PK"); }

std::string Head(const std::string& path) {
  std::string head(512, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  head.resize(file.gcount());
  return head;
}

}  // namespace

absl::StatusOr<TorchFile> TorchFile::Open(const std::string& path) {
  const std::string head = Head(path);
  if (!head.empty() && !IsZip(head)) return NotZip(head, path);
  MRSN_ASSIGN_OR_RETURN(ZipReader zip, ZipReader::Open(path));
  TorchFile file(std::move(zip));
  MRSN_RETURN_IF_ERROR(file.Load());
  return file;
}

absl::StatusOr<TorchFile> TorchFile::Parse(absl::string_view bytes, const std::string& origin) {
  if (!IsZip(bytes)) return NotZip(bytes.substr(0, 512), origin);
  MRSN_ASSIGN_OR_RETURN(ZipReader zip, ZipReader::Parse(bytes, origin));
  TorchFile file(std::move(zip));
  MRSN_RETURN_IF_ERROR(file.Load());
  return file;
}

absl::Status TorchFile::Load() {
  const std::string& origin = zip_.origin();
  for (const auto& [name, member] : zip_.members()) {
    const absl::string_view folder = WithoutPathSuffix(name);
    if (name != absl::StrCat(folder, "/", kPickle)) continue;
    if (!prefix_.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: holds both '%s%s' and '%s'; torch.save writes one", origin, prefix_, kPickle, name));
    }
    prefix_ = absl::StrCat(folder, "/");
  }
  if (prefix_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: not a file of torch.save: no member '<folder>/%s'", origin, kPickle));
  }
  if (zip_.members().count(prefix_ + "constants.pkl") > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        origin, ": a TorchScript program, not a checkpoint; save its state_dict() with torch.save"));
  }
  if (zip_.members().count(prefix_ + "byteorder") > 0) {
    MRSN_ASSIGN_OR_RETURN(const std::string order, zip_.ReadText(prefix_ + "byteorder", 16));
    if (order != "little") {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: byteorder is '%s'; only little is read", origin, order));
    }
  }
  MRSN_ASSIGN_OR_RETURN(const std::string pickle, zip_.ReadText(prefix_ + kPickle, kMaxPickleBytes));
  MRSN_ASSIGN_OR_RETURN(tree_, Unpickle(pickle, absl::StrCat(origin, ": ", kPickle)));
  return FindState();
}

absl::Status TorchFile::FindState() {
  const std::string& origin = zip_.origin();
  const PickleValue* state = tree_.root;
  if (state->kind != Kind::kDict) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: holds %s, not a dict with the model's state", origin, state->Described()));
  }
  for (const char* key : {"model_state", "state_dict", "model"}) {
    const PickleValue* found = tree_.root->Get(key);
    if (found == nullptr || found->kind == Kind::kTensor) continue;
    state_key_ = key;
    state = found;
    break;
  }
  const std::string where = state_key_.empty() ? "top level" : absl::StrCat("'", state_key_, "'");
  if (state->kind != Kind::kDict) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %s is %s, not a dict of tensors", origin, where, state->Described()));
  }
  std::set<std::string> names;
  size_t parallel = 0;
  for (size_t i = 0; i < state->items.size(); i += 2) {
    const PickleValue& key = *state->items[i];
    const PickleValue& value = *state->items[i + 1];
    if (key.kind != Kind::kString || value.kind != Kind::kTensor) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: %s: '%s' is %s, expected a tensor%s", origin, where,
          key.kind == Kind::kString ? key.text : key.Described(), value.Described(),
          state_key_.empty() ? "; the state is looked for under model_state, state_dict, model and here"
                             : ""));
    }
    if (!names.insert(key.text).second) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s: '%s' occurs twice", origin, where, key.text));
    }
    parallel += absl::StartsWith(key.text, kDataParallel);
    state_.push_back({key.text, value.tensor.get()});
    MRSN_RETURN_IF_ERROR(CheckStorage(state_.back()));
  }
  if (state_.empty())
    return absl::InvalidArgumentError(absl::StrCat(origin, ": ", where, " holds no tensors"));
  if (parallel == state_.size()) {
    for (StoredTensor& stored : state_)
      stored.name = std::string(absl::StripPrefix(stored.name, kDataParallel));
  }
  return absl::OkStatus();
}

absl::Status TorchFile::CheckStorage(const StoredTensor& stored) const {
  const StorageRecord& storage = *stored.tensor->storage;
  const std::string name = absl::StrCat(prefix_, "data/", storage.key);
  const auto found = zip_.members().find(name);
  if (found == zip_.members().end()) {
    return absl::DataLossError(absl::StrFormat("%s: tensor '%s': the archive lacks its elements, '%s'",
                                               zip_.origin(), stored.name, name));
  }
  const DtypeInfo& info = InfoOf(storage.dtype);
  if (storage.elements > found->second.bytes || storage.elements * info.bytes != found->second.bytes) {
    return absl::DataLossError(
        absl::StrFormat("%s: tensor '%s': '%s' has %d bytes, expected %d elements of %s", zip_.origin(),
                        stored.name, name, found->second.bytes, storage.elements, info.name));
  }
  return absl::OkStatus();
}

absl::Status TorchFile::ReadStorage(const StorageRecord& storage, void* out) const {
  return zip_.Read(absl::StrCat(prefix_, "data/", storage.key), out);
}

}  // namespace mrsn
