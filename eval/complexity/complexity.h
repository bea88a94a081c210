// Parameters and multiply-adds, counted from the operations that are really executed.
//
// Knows no model: CountMacs() runs a function and watches LibTorch's dispatcher while it
// does. On the meta device (with the kernels of ops/meta_kernels, which are linked in) nothing
// is computed and no weight has memory, so a full-size detector is counted in milliseconds.
//
//   const MacReport report = CountMacs([&] { detector.forward(batch); });
//   report.total;                    // 83106984000
//
// What a multiply-add is: one product added to one sum, counted once (not two "FLOPs").
//   aten::convolution                            values of the output x in_channels/groups x kernel
//                                                (transposed: values of the input x out_channels/groups x
//                                                kernel)
//   aten::linear, mm, addmm, bmm, baddbmm,
//   addbmm, mv, addmv, dot                       rows x inner x columns (x batch)
//   aten::scaled_dot_product_attention           queries x keys x (key width + value width) x batch
// Products with zero padding count, biases do not. Everything else (normalisation,
// activations, pooling, softmax, RoIAlign, gradients of convolutions) is not counted and
// listed in MacReport::uncounted, so that nothing is left out silently. An operator that
// LibTorch breaks down into others (matmul, einsum, conv3d, linear) is counted once,
// whichever way it is broken down on the device at hand.
//
// Told which tensors are which module's weights, CountMacs() also says which module each
// multiply-add belongs to. An operator with weights (convolution, linear) belongs to the
// module that owns the largest of them. A tensor that is computed from weights alone (the
// weight of a convolution times the scale of a norm) is a weight of the module that owns the
// largest of those. A product of activations (attention) belongs to the innermost module
// that has in it every module which made its factors: a product of queries and keys from two
// layers of "head.attention" belongs to "head.attention".
#ifndef MRSN_EVAL_COMPLEXITY_COMPLEXITY_H_
#define MRSN_EVAL_COMPLEXITY_COMPLEXITY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "eval/complexity/activations.h"

namespace mrsn::eval {

struct OpCount {
  std::string op;  // "aten::convolution"
  int64_t calls = 0;
  int64_t macs = 0;
};

struct ModuleCount {
  std::string module;  // "": the outermost, or products of what was made without any weight
  int64_t macs = 0;    // without those of the modules inside it
};

struct MacReport {
  int64_t total = 0;
  std::vector<OpCount> by_op;          // most multiply-adds first
  std::vector<ModuleCount> by_module;  // sorted by name
  std::vector<std::string> uncounted;  // sorted; views and allocations are left out
  MemoryCount memory;

  // Of a module and all modules inside it; "" is the total.
  int64_t InModule(const std::string& module) const;
};

// Runs `run` on this thread and counts what it does there; an exception of it passes through.
// May not be called from within `run`. A tensor given as two modules' weight is the first one's.
MacReport CountMacs(const std::function<void()>& run, const std::vector<ModuleWeight>& weights = {});

// Values in these tensors; a tensor given twice (a shared weight) counts once.
int64_t CountParameters(at::ArrayRef<at::Tensor> parameters);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_COMPLEXITY_COMPLEXITY_H_
