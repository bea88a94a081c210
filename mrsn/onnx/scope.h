// One module of a detector while its nodes are written: nodes and weights carry the module's name.
#ifndef MRSN_MRSN_ONNX_SCOPE_H_
#define MRSN_MRSN_ONNX_SCOPE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mrsn/onnx/graph_builder.h"
#include "mrsn/onnx/weights.h"

namespace mrsn::onnx {

// Refers to a graph and weights that outlive it; cheap to copy.
class Scope {
 public:
  Scope(GraphBuilder& graph, Weights& weights, std::string module)
      : graph_(&graph), weights_(&weights), module_(std::move(module)) {}

  // The submodule.
  Scope In(const std::string& name) const { return Scope(*graph_, *weights_, Full(name)); }

  bool Has(const std::string& name) const { return weights_->Has(Full(name)); }
  const Weight& Get(const std::string& name, size_t dimensions) const {
    return weights_->Get(Full(name), dimensions);
  }
  // A weight that takes part as it is.
  Value Whole(const std::string& name, size_t dimensions) const {
    const Weight& weight = Get(name, dimensions);
    return graph_->Floats(Full(name), weight.shape, {weight.values.begin(), weight.values.end()});
  }

  Value Floats(const std::string& name, const std::vector<int64_t>& shape,
               const std::vector<float>& values) const {
    return graph_->Floats(Full(name), shape, values);
  }
  Value Ints(const std::vector<int64_t>& values) const { return graph_->Ints(values); }
  Value Scalar(int64_t value) const { return graph_->Scalar(value); }
  Value Scalar(float value) const { return graph_->Scalar(value); }
  Value Node(const std::string& op, const std::vector<Value>& inputs,
             const std::vector<Attribute>& attributes = {}) const {
    return graph_->Node(module_, op, inputs, attributes);
  }
  std::vector<Value> Node(const std::string& op, const std::vector<Value>& inputs, int outputs,
                          const std::vector<Attribute>& attributes) const {
    return graph_->Node(module_, op, inputs, outputs, attributes);
  }

 private:
  std::string Full(const std::string& name) const {
    return module_.empty() ? name : absl::StrCat(module_, ".", name);
  }

  GraphBuilder* graph_;
  Weights* weights_;
  std::string module_;
};

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_SCOPE_H_
