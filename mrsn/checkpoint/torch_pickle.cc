#include "mrsn/checkpoint/torch_pickle.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/status_macros.h"
#include "ops/formats/pickle/unpickle.h"

namespace mrsn {
namespace {

using Kind = PickleValue::Kind;

constexpr char kOrderedDict[] = "collections.OrderedDict";
constexpr char kTensor[] = "torch._utils._rebuild_tensor_v2";
constexpr char kParameter[] = "torch._utils._rebuild_parameter";
constexpr char kParameterWithState[] = "torch._utils._rebuild_parameter_with_state";
constexpr char kSize[] = "torch.Size";

constexpr size_t kMaxDimensions = 16;
constexpr size_t kMaxKeyLength = 64;  // PyTorch's keys are decimal numbers

const DtypeInfo* StorageClass(const std::string& name) {
  const auto* found = std::find_if(std::begin(kDtypeInfos), std::end(kDtypeInfos),
                                   [&](const DtypeInfo& info) { return name == info.storage; });
  return found == std::end(kDtypeInfos) ? nullptr : found;
}

class Tensor : public formats::PickleObject {
 public:
  explicit Tensor(TensorRecord record) : record(std::move(record)) {}
  std::string Described() const override { return "a tensor"; }
  const TensorRecord record;
};

class Storage : public formats::PickleObject {
 public:
  explicit Storage(const StorageRecord* record) : record(record) {}
  std::string Described() const override { return "a storage"; }
  const StorageRecord* const record;
};

const StorageRecord* StorageOf(const PickleValue& value) {
  const auto* storage = dynamic_cast<const Storage*>(value.object.get());
  return storage == nullptr ? nullptr : storage->record;
}

absl::Status Wrong(absl::string_view what) { return absl::DataLossError(what); }

bool Ints(const PickleValue& value, std::vector<int64_t>* ints) {
  if (value.kind != Kind::kTuple && value.kind != Kind::kList) return false;
  if (value.items.size() > kMaxDimensions) return false;
  for (const PickleValue* item : value.items) {
    if (item->kind != Kind::kInt || item->integer < 0) return false;
    ints->push_back(item->integer);
  }
  return true;
}

// The elements lie within the storage. No tensor has more elements than its storage:
// views that repeat elements (expand) do not occur in state dicts, and one of them
// could stand for any number of bytes.
absl::Status CheckBounds(const TensorRecord& tensor) {
  // Strides of sizes beyond 64 bits would overflow even if another size is 0.
  int64_t bytes = 8;
  for (int64_t size : tensor.sizes) {
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes)) {
      return Wrong("a tensor's size is beyond 64 bits");
    }
  }
  const bool empty = std::count(tensor.sizes.begin(), tensor.sizes.end(), 0) > 0;
  const uint64_t elements = empty ? 0 : bytes / 8;
  uint64_t last = tensor.offset;
  for (size_t i = 0; elements > 0 && i < tensor.sizes.size(); ++i) {
    uint64_t reach;
    if (__builtin_mul_overflow(static_cast<uint64_t>(tensor.sizes[i] - 1),
                               static_cast<uint64_t>(tensor.strides[i]), &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return Wrong("a tensor's strides reach beyond 64 bits");
    }
  }
  const StorageRecord& storage = *tensor.storage;
  if (elements > storage.elements || (elements > 0 && last >= storage.elements)) {
    return Wrong(absl::StrFormat("a tensor of %d elements reaches element %d of storage %s, which has %d",
                                 elements, last, storage.key, storage.elements));
  }
  return absl::OkStatus();
}

// (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
absl::Status RebuildTensor(const PickleValue& arguments, PickleValue* result) {
  if (arguments.items.size() < 4) return Wrong(absl::StrCat(kTensor, " lacks arguments"));
  const PickleValue& storage = *arguments.items[0];
  if (storage.kind == Kind::kOpaque) {  // a dtype that is not read
    result->kind = Kind::kOpaque;
    result->text = storage.text;
    return absl::OkStatus();
  }
  const PickleValue& offset = *arguments.items[1];
  TensorRecord tensor;
  tensor.storage = StorageOf(storage);
  if (tensor.storage == nullptr || offset.kind != Kind::kInt || offset.integer < 0 ||
      !Ints(*arguments.items[2], &tensor.sizes) || !Ints(*arguments.items[3], &tensor.strides) ||
      tensor.sizes.size() != tensor.strides.size()) {
    return Wrong(absl::StrCat(kTensor, " is called with arguments of a wrong kind"));
  }
  tensor.offset = offset.integer;
  MRSN_RETURN_IF_ERROR(CheckBounds(tensor));
  result->kind = Kind::kObject;
  result->object = std::make_shared<Tensor>(std::move(tensor));
  return absl::OkStatus();
}

// (tensor, requires_grad, hooks[, state])
absl::Status RebuildParameter(const PickleValue& arguments, PickleValue* result) {
  if (arguments.items.empty()) return Wrong(absl::StrCat(kParameter, " lacks arguments"));
  const PickleValue& data = *arguments.items[0];
  if (TensorOf(data) == nullptr && data.kind != Kind::kOpaque) {
    return Wrong(absl::StrCat(kParameter, " is called with ", data.Described()));
  }
  result->kind = data.kind;
  result->text = data.text;
  result->object = data.object;
  return absl::OkStatus();
}

bool IsKnownGlobal(const std::string& name) {
  return name == kOrderedDict || name == kTensor || name == kParameter || name == kParameterWithState ||
         name == kSize || StorageClass(name) != nullptr;
}

absl::Status CallGlobal(const PickleValue& function, const PickleValue& arguments, PickleValue* result) {
  if (function.kind != Kind::kGlobal && function.kind != Kind::kOpaque) {
    return Wrong(absl::StrCat(function.Described(), " is called as a function"));
  }
  if (function.kind == Kind::kGlobal && arguments.kind == Kind::kTuple) {
    if (function.text == kOrderedDict && arguments.items.empty()) {
      result->kind = Kind::kDict;
      return absl::OkStatus();
    }
    if (function.text == kTensor) return RebuildTensor(arguments, result);
    if (function.text == kParameter || function.text == kParameterWithState) {
      return RebuildParameter(arguments, result);
    }
    // Copies are bounded: a pickle can name one long tuple any number of times.
    if (function.text == kSize && arguments.items.size() == 1 &&
        arguments.items[0]->items.size() <= kMaxDimensions) {
      result->kind = Kind::kTuple;
      result->items = arguments.items[0]->items;
      return absl::OkStatus();
    }
  }
  result->kind = Kind::kOpaque;
  result->text = function.text;
  return absl::OkStatus();
}

absl::Status LoadStorage(const PickleValue& id, TorchPickle* pickle,
                         std::map<std::string, const StorageRecord*>* storages, PickleValue* result) {
  const auto& items = id.items;
  if (id.kind != Kind::kTuple || items.size() < 5 || items[0]->text != "storage" ||
      items[1]->kind != Kind::kGlobal || items[2]->kind != Kind::kString || items[4]->kind != Kind::kInt ||
      items[4]->integer < 0 || items[2]->text.size() > kMaxKeyLength) {
    return Wrong("a persistent id is not (\"storage\", class, key, device, elements)");
  }
  if (items.size() > 5 && items[5]->kind != Kind::kNone) {  // before torch 0.4
    return Wrong("a storage is a view of another one, which is not read");
  }
  const DtypeInfo* info = StorageClass(items[1]->text);
  if (info == nullptr) {
    result->kind = Kind::kOpaque;
    result->text = items[1]->text;
    return absl::OkStatus();
  }
  const StorageRecord record{items[2]->text, info->dtype, static_cast<uint64_t>(items[4]->integer)};
  const StorageRecord*& known = (*storages)[record.key];
  if (known == nullptr) {
    known = &pickle->storages.emplace_back(record);
  } else if (known->dtype != record.dtype || known->elements != record.elements) {
    return Wrong(absl::StrFormat("storage %s is declared with %d elements of %s and with %d of %s",
                                 record.key, known->elements, InfoOf(known->dtype).name, record.elements,
                                 info->name));
  }
  result->kind = Kind::kObject;
  result->object = std::make_shared<Storage>(known);
  return absl::OkStatus();
}

class TorchObjects : public formats::PickleObjects {
 public:
  explicit TorchObjects(TorchPickle* pickle) : pickle_(pickle) {}

  absl::Status Name(const std::string& global, PickleTree* tree) override {
    if (!IsKnownGlobal(global)) tree->unknown_globals.insert(global);
    return absl::OkStatus();
  }
  absl::Status Call(const PickleValue& function, const PickleValue& arguments, PickleTree*,
                    PickleValue* result) override {
    return CallGlobal(function, arguments, result);
  }
  // Build: no attribute matters (an OrderedDict's _metadata).
  absl::Status LoadPersistent(const PickleValue& id, PickleTree*, PickleValue* result) override {
    return LoadStorage(id, pickle_, &storages_, result);
  }

 private:
  TorchPickle* const pickle_;
  std::map<std::string, const StorageRecord*> storages_;
};

}  // namespace

const TensorRecord* TensorOf(const PickleValue& value) {
  const auto* tensor = dynamic_cast<const Tensor*>(value.object.get());
  return tensor == nullptr ? nullptr : &tensor->record;
}

absl::StatusOr<TorchPickle> Unpickle(absl::string_view bytes, const std::string& origin, size_t* length) {
  TorchPickle pickle;
  TorchObjects objects(&pickle);
  MRSN_RETURN_IF_ERROR(formats::Unpickle(bytes, origin, {kMaxPickleValues}, &objects, &pickle, length));
  return pickle;
}

}  // namespace mrsn
