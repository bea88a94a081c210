// Writes a graph of the ONNX format node by node.
//
//   GraphBuilder graph;
//   const Value x = graph.Input("x", ElementType::kFloat, {"rows", 4});
//   graph.Output(graph.Node("head", "Relu", {x}), "y", ElementType::kFloat, {"rows", 4});
//   MRSN_ASSIGN_OR_RETURN(const GraphProto proto, std::move(graph).Build("example"));
#ifndef MRSN_MRSN_ONNX_GRAPH_BUILDER_H_
#define MRSN_MRSN_ONNX_GRAPH_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/onnx/onnx_model.pb.h"

namespace mrsn::onnx {

// A tensor of the graph, by its name: an input, an initialiser, or the result of a node. "" where an operator
// takes no tensor.
using Value = std::string;

using Dimension = std::variant<int64_t, std::string>;  // a number, or the name of a free size

enum class ElementType { kFloat, kInt64, kBool };

struct Attribute {
  std::string name;
  std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
};

class GraphBuilder {
 public:
  Value Input(const std::string& name, ElementType type, const std::vector<Dimension>& shape);
  void Output(const Value& value, const std::string& name, ElementType type,
              const std::vector<Dimension>& shape);

  // An initialiser; `values` are row-major.
  Value Floats(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values);
  // Initialisers that equal callers share: an int64 vector [n], and scalars.
  Value Ints(const std::vector<int64_t>& values);
  Value Scalar(int64_t value);
  Value Scalar(float value);

  // A node of one operator. Its name, and those of its results, begin with `place`.
  Value Node(const std::string& place, const std::string& op, const std::vector<Value>& inputs,
             const std::vector<Attribute>& attributes = {});
  std::vector<Value> Node(const std::string& place, const std::string& op, const std::vector<Value>& inputs,
                          int outputs, const std::vector<Attribute>& attributes);

  // The graph, if CheckGraph finds it right. The builder is spent.
  absl::StatusOr<GraphProto> Build(const std::string& name) &&;

 private:
  Value Shared(const std::string& name, const std::vector<int64_t>& shape, ElementType type,
               std::string bytes);

  GraphProto graph_;
  std::map<std::string, int> numbers_;  // of the nodes of a place and an operator
};

// Whether each name is given once, each input of a node stands before the node, and nothing is unused: no
// initialiser, input or result. Internal, because such a graph is a mistake in whoever built it.
absl::Status CheckGraph(const GraphProto& graph);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_GRAPH_BUILDER_H_
