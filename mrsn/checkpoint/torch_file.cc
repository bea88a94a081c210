#include "mrsn/checkpoint/torch_file.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ops/base/status_macros.h"
#include "ops/formats/sniff.h"

namespace mrsn {
namespace {

using Kind = PickleValue::Kind;

constexpr char kDataParallel[] = "module.";
constexpr uint64_t kHeadBytes = 512;

// Explains a file that is of neither container.
absl::Status NotTorch(const formats::FileLook& look, const std::string& origin) {
  if (formats::KindOf(look) == formats::FileKind::kTar) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: the tar format of torch 0.1, which is not read; save it again with torch >= 1.6: "
        "torch.save(torch.load(\"x.pth\", map_location=\"cpu\"), \"y.pth\")",
        origin));
  }
  return formats::NotThe("a checkpoint (.pth, .pyth, .pkl, .safetensors)", origin, look);
}

bool IsControl(char c) { return absl::ascii_iscntrl(c); }

// Names in a file may be any bytes; messages are one line.
template <typename T>
absl::StatusOr<T> OneLine(absl::StatusOr<T> result) {
  if (result.ok()) return result;
  std::string message(result.status().message());
  std::replace_if(message.begin(), message.end(), IsControl, '?');
  return absl::Status(result.status().code(), message);
}

bool IsZip(absl::string_view head) { return absl::StartsWith(head, "PK"); }

}  // namespace

absl::StatusOr<TorchFile> TorchFile::Open(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(ByteSource source, ByteSource::Open(path));
  MRSN_ASSIGN_OR_RETURN(const std::string head, source.Head(kHeadBytes));
  if (IsTorchLegacy(head)) return OneLine(FromContainer(OpenTorchLegacy(std::move(source))));
  MRSN_ASSIGN_OR_RETURN(const formats::FileLook look, formats::LookAt(path));
  if (!IsZip(head) || formats::EndsEarly(look)) return OneLine<TorchFile>(NotTorch(look, path));
  MRSN_ASSIGN_OR_RETURN(ZipReader zip, OneLine(ZipReader::Open(path)));
  return OneLine(FromContainer(OpenTorchZip(std::move(zip))));
}

absl::StatusOr<TorchFile> TorchFile::Parse(absl::string_view bytes, const std::string& origin) {
  if (IsTorchLegacy(bytes)) return OneLine(FromContainer(OpenTorchLegacy(ByteSource::View(bytes, origin))));
  const formats::FileLook look = formats::LookAtBytes(bytes);
  if (!IsZip(bytes) || formats::EndsEarly(look)) return OneLine<TorchFile>(NotTorch(look, origin));
  MRSN_ASSIGN_OR_RETURN(ZipReader zip, OneLine(ZipReader::Parse(bytes, origin)));
  return OneLine(FromContainer(OpenTorchZip(std::move(zip))));
}

absl::StatusOr<TorchFile> TorchFile::FromContainer(absl::StatusOr<OpenedContainer> opened) {
  if (!opened.ok()) return opened.status();
  TorchFile file(*std::move(opened));
  MRSN_RETURN_IF_ERROR(file.FindState());
  return file;
}

absl::Status TorchFile::FindState() {
  const std::string& origin = container_->origin();
  const PickleValue* state = tree_.root;
  if (state->kind != Kind::kDict) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: holds %s, not a dict with the model's state", origin, state->Described()));
  }
  for (const char* key : {"model_state", "state_dict", "model"}) {
    const PickleValue* found = tree_.root->Get(key);
    if (found == nullptr || TensorOf(*found) != nullptr) continue;
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
    if (key.kind != Kind::kString || TensorOf(value) == nullptr) {
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
    if (std::any_of(key.text.begin(), key.text.end(), IsControl)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s: the name '%s' has control characters", origin, where, key.text));
    }
    parallel += absl::StartsWith(key.text, kDataParallel);
    state_.push_back({key.text, TensorOf(value)});
    const absl::Status found = container_->CheckStorage(*TensorOf(value)->storage);
    if (!found.ok()) {
      return absl::DataLossError(absl::StrFormat("%s: tensor '%s': %s", origin, key.text, found.message()));
    }
  }
  if (state_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(origin, ": ", where, " holds no tensors"));
  }
  if (parallel == state_.size()) {
    for (StoredTensor& stored : state_) {
      stored.name = std::string(absl::StripPrefix(stored.name, kDataParallel));
    }
  }
  return absl::OkStatus();
}

}  // namespace mrsn
