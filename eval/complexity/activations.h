// Follows tensors through an executed function: which module's weights they were made
// with, and how many bytes of them are alive.
#ifndef MRSN_EVAL_COMPLEXITY_ACTIVATIONS_H_
#define MRSN_EVAL_COMPLEXITY_ACTIVATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ATen/core/Tensor.h"
#include "ATen/core/ivalue.h"

namespace mrsn::eval {

// A parameter or buffer of a module, "backbone.res5" or "" for the outermost.
struct ModuleWeight {
  std::string module;
  at::Tensor weight;
};

// Bytes of the tensors that operators return, parts of operators included. Each piece of
// memory counts once, however many views of it there are; what stood before the run
// (inputs, weights) does not count, nor does memory inside of kernels. Counted on the meta
// device, attention is LibTorch's plain one, which holds its queries x keys weights.
struct MemoryCount {
  int64_t made = 0;  // all
  int64_t peak = 0;  // most that were alive at once
  int64_t kept = 0;  // alive when `run` has returned: its results and, where gradients are
                     // recorded and the results are held, all that the backward pass needs
};

// Tensors are told apart by the storage they are views of, so that a slice of a weight is
// that weight; on the meta device, too, each storage is an object of its own.
class Activations {
 public:
  using Values = c10::ArrayRef<const c10::IValue>;

  // The tensors that an operator reads, found before it runs.
  struct Reads {
    std::optional<std::string> module;             // as ModuleWeight; nothing: from no weight
    bool weights_only = false;                     // the result is a weight, too
    std::vector<const c10::StorageImpl*> storage;  // of every tensor
  };

  explicit Activations(const std::vector<ModuleWeight>& weights);

  Reads Read(Values inputs) const;
  // Notes what an operator returned; its views and in-place results stay what they were.
  void Made(const Reads& reads, const std::vector<c10::IValue>& outputs);

  // Call when nothing of the function runs any more.
  MemoryCount Finish();

 private:
  struct Block {
    c10::weak_intrusive_ptr<c10::StorageImpl> storage;  // also keeps its address from being used again
    std::optional<std::string> module;
    bool is_weight = false;  // made of weights and constants only
    int64_t bytes = 0;
  };

  int64_t BytesAlive();  // and forgets what is not

  std::unordered_map<const c10::StorageImpl*, std::string> weights_;
  std::unordered_map<const c10::StorageImpl*, Block> blocks_;
  MemoryCount memory_;
};

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_COMPLEXITY_ACTIVATIONS_H_
