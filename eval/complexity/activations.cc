#include "eval/complexity/activations.h"

#include <algorithm>
#include <utility>

#include "ATen/ATen.h"

namespace mrsn::eval {
namespace {

// Calls f(tensor) for each tensor with memory in `value`, lists included.
template <typename Function>
void ForEachTensor(const c10::IValue& value, const Function& f) {
  const auto visit = [&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.has_storage()) f(tensor);
  };
  if (value.isTensor()) {
    visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
  } else if (value.isOptionalTensorList()) {
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
      if (tensor) visit(*tensor);
    }
  }
}

const c10::StorageImpl* StorageOf(const at::Tensor& tensor) {
  return tensor.storage().unsafeGetStorageImpl();
}

// The innermost module that has both in it: ("a.b.c", "a.b.d") -> "a.b".
std::string Enclosing(const std::string& left, const std::string& right) {
  size_t end = 0;  // of the last whole name in common
  for (size_t i = 0;; ++i) {
    const bool left_ends = i == left.size() || left[i] == '.';
    const bool right_ends = i == right.size() || right[i] == '.';
    if (left_ends && right_ends) end = i;
    if (i == left.size() || i == right.size() || left[i] != right[i]) return left.substr(0, end);
  }
}

void Join(const std::string& module, std::optional<std::string>* joined) {
  *joined = joined->has_value() ? Enclosing(**joined, module) : module;
}

}  // namespace

Activations::Activations(const std::vector<ModuleWeight>& weights) {
  for (const ModuleWeight& weight : weights) weights_.emplace(StorageOf(weight.weight), weight.module);
}

Activations::Reads Activations::Read(Values inputs) const {
  Reads reads;
  std::optional<std::string> of_weights, of_activations;
  int64_t largest = -1;
  bool activations = false;
  const auto weight = [&](const std::string& module, int64_t values) {
    if (values <= largest) return;
    largest = values;
    of_weights = module;
  };
  for (const c10::IValue& input : inputs) {
    ForEachTensor(input, [&](const at::Tensor& tensor) {
      const c10::StorageImpl* storage = StorageOf(tensor);
      reads.storage.push_back(storage);
      if (const auto given = weights_.find(storage); given != weights_.end()) {
        weight(given->second, tensor.numel());
      } else if (const auto block = blocks_.find(storage); block == blocks_.end()) {
        activations = activations || !tensor.unsafeGetTensorImpl()->is_wrapped_number();
      } else if (block->second.is_weight) {
        weight(*block->second.module, tensor.numel());
      } else {
        activations = true;
        if (block->second.module) Join(*block->second.module, &of_activations);
      }
    });
  }
  reads.module = of_weights ? of_weights : of_activations;
  reads.weights_only = of_weights.has_value() && !activations;
  return reads;
}

void Activations::Made(const Reads& reads, const std::vector<c10::IValue>& outputs) {
  for (const c10::IValue& output : outputs) {
    ForEachTensor(output, [&](const at::Tensor& tensor) {
      const c10::StorageImpl* storage = StorageOf(tensor);
      const bool read = std::find(reads.storage.begin(), reads.storage.end(), storage) != reads.storage.end();
      if (read || weights_.count(storage) != 0) return;
      const auto block =
          blocks_.try_emplace(storage, Block{tensor.storage().getWeakStorageImpl(), std::nullopt}).first;
      block->second.module = reads.module;
      block->second.is_weight = reads.weights_only;
    });
  }
  memory_.peak = std::max(memory_.peak, BytesAlive());
}

int64_t Activations::BytesAlive() {
  int64_t alive = 0;
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    if (const auto storage = block->second.storage.lock()) {
      block->second.bytes = static_cast<int64_t>(storage->nbytes());
      alive += block->second.bytes;
      ++block;
    } else {
      memory_.made += block->second.bytes;
      block = blocks_.erase(block);
    }
  }
  return alive;
}

MemoryCount Activations::Finish() {
  memory_.kept = BytesAlive();
  memory_.made += memory_.kept;
  return memory_;
}

}  // namespace mrsn::eval
