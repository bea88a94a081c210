#include "eval/complexity/complexity.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>

#include "ATen/ATen.h"
#include "ATen/core/function_schema.h"
#include "ATen/record_function.h"
#include "eval/complexity/activations.h"

namespace mrsn::eval {
namespace {

using Inputs = c10::ArrayRef<const c10::IValue>;

int64_t Product(at::IntArrayRef sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) product *= size;
  return product;
}

// convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups);
// input [B, Cin, spatial...], weight [Cout, Cin/groups, kernel...] (transposed: [Cin, Cout/groups,
// kernel...]).
int64_t ConvolutionMacs(Inputs inputs) {
  const at::Tensor& input = inputs[0].toTensor();
  const at::Tensor& weight = inputs[1].toTensor();
  if (weight.size(0) == 0) return 0;
  const int64_t per_position = weight.numel() / weight.size(0);
  if (inputs[6].toBool()) return input.numel() * per_position;
  const auto stride = inputs[3].toIntVector(), padding = inputs[4].toIntVector(),
             dilation = inputs[5].toIntVector();
  // A list of one value stands for every dimension.
  const auto at = [](const std::vector<int64_t>& list, int64_t k) {
    return list.size() == 1 ? list[0] : list[k];
  };
  int64_t positions = input.size(0);
  for (int64_t k = 0; k + 2 < input.dim(); ++k) {
    const int64_t reach = at(dilation, k) * (weight.size(k + 2) - 1) + 1;
    positions *= (input.size(k + 2) + 2 * at(padding, k) - reach) / at(stride, k) + 1;
  }
  return positions * weight.size(0) * per_position;
}

int64_t LinearMacs(Inputs inputs) {  // linear(input [..., in], weight [out, in] or [in])
  const at::Tensor& weight = inputs[1].toTensor();
  return inputs[0].toTensor().numel() * (weight.dim() == 2 ? weight.size(0) : 1);
}

// The left factor [..., rows, inner] and the right one [..., inner, columns], or a vector [inner].
int64_t ProductMacs(const c10::IValue& left, const c10::IValue& right) {
  const at::Tensor& factor = right.toTensor();
  return left.toTensor().numel() * (factor.dim() >= 2 ? factor.size(-1) : 1);
}
int64_t PlainProductMacs(Inputs inputs) { return ProductMacs(inputs[0], inputs[1]); }  // mm(a, b)
int64_t AddedProductMacs(Inputs inputs) { return ProductMacs(inputs[1], inputs[2]); }  // addmm(sum, a, b)

// query [..., queries, width], key [..., keys, width], value [..., keys, value_width].
int64_t AttentionMacs(Inputs inputs) {
  const at::Tensor& query = inputs[0].toTensor();
  const int64_t keys = inputs[1].toTensor().size(-2), value_width = inputs[2].toTensor().size(-1);
  return Product(query.sizes().slice(0, query.dim() - 1)) * keys * (query.size(-1) + value_width);
}

using MacRule = int64_t (*)(Inputs);

const std::map<std::string_view, MacRule>& Rules() {
  static const std::map<std::string_view, MacRule> rules = {
      {"aten::convolution", ConvolutionMacs},
      {"aten::linear", LinearMacs},
      {"aten::mm", PlainProductMacs},
      {"aten::bmm", PlainProductMacs},
      {"aten::mv", PlainProductMacs},
      {"aten::dot", PlainProductMacs},
      {"aten::addmm", AddedProductMacs},
      {"aten::baddbmm", AddedProductMacs},
      {"aten::addbmm", AddedProductMacs},
      {"aten::addmv", AddedProductMacs},
      {"aten::scaled_dot_product_attention", AttentionMacs},
  };
  return rules;
}

// Returns another name for memory, or memory without values: nothing is computed.
bool MovesNothing(const at::RecordFunction& function) {
  if (std::string_view(function.name()).substr(0, 11) == "aten::empty") return true;
  const auto schema = function.operator_schema();
  if (!schema) return false;
  for (const c10::Argument& result : schema->returns()) {
    if (result.alias_info() != nullptr && !result.alias_info()->isWrite()) return true;
  }
  return false;
}

class Counter {
 public:
  explicit Counter(const std::vector<ModuleWeight>& weights) : activations_(weights) {}

  void Enter(const at::RecordFunction& function) {
    operators_.push_back({false, activations_.Read(function.inputs())});
    if (counted_depth_ != 0) return;  // a part of an operator that is counted already
    const auto rule = Rules().find(function.name());
    if (rule == Rules().end()) return;
    counted_depth_ = operators_.size();
    for (Operator& outer : operators_) outer.has_counted = true;
    const int64_t macs = rule->second(function.inputs());
    OpCount& count = by_op_[function.name()];
    ++count.calls;
    count.macs += macs;
    module_macs_[operators_.back().reads.module.value_or("")] += macs;
  }

  void Leave(const at::RecordFunction& function) {
    if (operators_.empty()) return;
    activations_.Made(operators_.back().reads, function.outputs());
    const bool outermost = operators_.size() == 1;
    if (outermost && !operators_.back().has_counted && !MovesNothing(function))
      uncounted_.insert(function.name());
    if (counted_depth_ == operators_.size()) counted_depth_ = 0;
    operators_.pop_back();
  }

  MacReport Report() {
    MacReport report;
    for (const auto& [op, count] : by_op_) {
      report.by_op.push_back({op, count.calls, count.macs});
      report.total += count.macs;
    }
    std::stable_sort(report.by_op.begin(), report.by_op.end(),
                     [](const OpCount& a, const OpCount& b) { return a.macs > b.macs; });
    for (const auto& [module, macs] : module_macs_) report.by_module.push_back({module, macs});
    report.uncounted.assign(uncounted_.begin(), uncounted_.end());
    report.memory = activations_.Finish();
    return report;
  }

 private:
  struct Operator {
    bool has_counted = false;  // it or a part of it is in by_op_
    Activations::Reads reads;
  };

  std::vector<Operator> operators_;  // those being executed, outermost first
  size_t counted_depth_ = 0;         // size of operators_ at the one being counted, 0 if none is
  std::map<std::string, OpCount> by_op_;
  std::map<std::string, int64_t> module_macs_;
  std::set<std::string> uncounted_;
  Activations activations_;
};

// LibTorch's callbacks are plain functions; this is how they find their counter.
thread_local Counter* active_counter = nullptr;

std::unique_ptr<at::ObserverContext> OnEnter(const at::RecordFunction& function) {
  if (active_counter != nullptr) active_counter->Enter(function);
  return nullptr;
}

void OnLeave(const at::RecordFunction& function, at::ObserverContext*) {
  if (active_counter != nullptr) active_counter->Leave(function);
}

// Counts on this thread for as long as it lives.
class Watch {
 public:
  explicit Watch(Counter* counter) {
    TORCH_CHECK(active_counter == nullptr, "CountMacs() was called by the function it is counting");
    active_counter = counter;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(OnEnter, OnLeave)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
  }
  ~Watch() {
    at::removeCallback(handle_);
    active_counter = nullptr;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

int64_t MacReport::InModule(const std::string& module) const {
  int64_t macs = 0;
  for (const ModuleCount& count : by_module) {
    const bool inside = module.empty() || count.module == module ||
                        count.module.compare(0, module.size() + 1, module + ".") == 0;
    if (inside) macs += count.macs;
  }
  return macs;
}

MacReport CountMacs(const std::function<void()>& run, const std::vector<ModuleWeight>& weights) {
  Counter counter(weights);
  {
    const Watch watch(&counter);
    run();
  }
  return counter.Report();
}

int64_t CountParameters(at::ArrayRef<at::Tensor> parameters) {
  std::unordered_set<const c10::TensorImpl*> seen;
  int64_t count = 0;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.defined() && seen.insert(parameter.unsafeGetTensorImpl()).second)
      count += parameter.numel();
  }
  return count;
}

}  // namespace mrsn::eval
