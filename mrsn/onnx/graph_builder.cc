#include "mrsn/onnx/graph_builder.h"

#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn::onnx {
namespace {

TensorProto::DataType TypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return TensorProto::FLOAT;
    case ElementType::kInt64:
      return TensorProto::INT64;
    case ElementType::kBool:
      return TensorProto::BOOL;
  }
  return TensorProto::UNDEFINED;
}

// The format is little-endian, as every machine is that LibTorch's wheels are for.
template <typename T>
std::string Bytes(const T* values, size_t count) {
  std::string bytes(count * sizeof(T), '\0');
  if (count > 0) std::memcpy(bytes.data(), values, bytes.size());
  return bytes;
}

void Describe(ValueInfoProto* info, const std::string& name, ElementType type,
              const std::vector<Dimension>& shape) {
  info->set_name(name);
  TypeProto::Tensor& tensor = *info->mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(TypeOf(type));
  tensor.mutable_shape();
  for (const Dimension& dimension : shape) {
    TensorShapeProto::Dimension& dim = *tensor.mutable_shape()->add_dim();
    if (const auto* size = std::get_if<int64_t>(&dimension)) {
      dim.set_dim_value(*size);
    } else {
      dim.set_dim_param(std::get<std::string>(dimension));
    }
  }
}

struct SetAttribute {
  AttributeProto* proto;
  void operator()(int64_t value) const {
    proto->set_type(AttributeProto::INT);
    proto->set_i(value);
  }
  void operator()(float value) const {
    proto->set_type(AttributeProto::FLOAT);
    proto->set_f(value);
  }
  void operator()(const std::string& value) const {
    proto->set_type(AttributeProto::STRING);
    proto->set_s(value);
  }
  void operator()(const std::vector<int64_t>& values) const {
    proto->set_type(AttributeProto::INTS);
    for (const int64_t value : values) proto->add_ints(value);
  }
};

}  // namespace

Value GraphBuilder::Input(const std::string& name, ElementType type, const std::vector<Dimension>& shape) {
  Describe(graph_.add_input(), name, type, shape);
  return name;
}

void GraphBuilder::Output(const Value& value, const std::string& name, ElementType type,
                          const std::vector<Dimension>& shape) {
  NodeProto& node = *graph_.add_node();
  node.set_name(absl::StrCat("output/", name));
  node.set_op_type("Identity");
  node.add_input(value);
  node.add_output(name);
  Describe(graph_.add_output(), name, type, shape);
}

Value GraphBuilder::Floats(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<float>& values) {
  TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TensorProto::FLOAT);
  for (const int64_t size : shape) tensor.add_dims(size);
  tensor.set_raw_data(Bytes(values.data(), values.size()));
  return name;
}

Value GraphBuilder::Shared(const std::string& name, const std::vector<int64_t>& shape, ElementType type,
                           std::string bytes) {
  if (++numbers_[name] > 1) return name;
  TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TypeOf(type));
  for (const int64_t size : shape) tensor.add_dims(size);
  tensor.set_raw_data(std::move(bytes));
  return name;
}

Value GraphBuilder::Ints(const std::vector<int64_t>& values) {
  return Shared(absl::StrCat("constant/[", absl::StrJoin(values, ","), "]"),
                {static_cast<int64_t>(values.size())}, ElementType::kInt64,
                Bytes(values.data(), values.size()));
}

Value GraphBuilder::Scalar(int64_t value) {
  return Shared(absl::StrCat("constant/", value), {}, ElementType::kInt64, Bytes(&value, 1));
}

Value GraphBuilder::Scalar(float value) {
  uint32_t bits = 0;  // the text of a float may be that of another float, too
  std::memcpy(&bits, &value, sizeof(bits));
  return Shared(absl::StrCat("constant/", value, "f_", absl::Hex(bits)), {}, ElementType::kFloat,
                Bytes(&value, 1));
}

Value GraphBuilder::Node(const std::string& place, const std::string& op, const std::vector<Value>& inputs,
                         const std::vector<Attribute>& attributes) {
  return Node(place, op, inputs, 1, attributes).front();
}

std::vector<Value> GraphBuilder::Node(const std::string& place, const std::string& op,
                                      const std::vector<Value>& inputs, int outputs,
                                      const std::vector<Attribute>& attributes) {
  NodeProto& node = *graph_.add_node();
  const std::string kind = absl::StrCat(place, "/", op);
  const std::string name = absl::StrCat(kind, "_", numbers_[kind]++);
  node.set_name(name);
  node.set_op_type(op);
  for (const Value& input : inputs) node.add_input(input);
  for (const Attribute& attribute : attributes) {
    AttributeProto* proto = node.add_attribute();
    proto->set_name(attribute.name);
    std::visit(SetAttribute{proto}, attribute.value);
  }
  for (int i = 0; i < outputs; ++i) {
    node.add_output(outputs == 1 ? name : absl::StrCat(name, ":", i));
  }
  return {node.output().begin(), node.output().end()};
}

absl::StatusOr<GraphProto> GraphBuilder::Build(const std::string& name) && {
  graph_.set_name(name);
  MRSN_RETURN_IF_ERROR(CheckGraph(graph_));
  return std::move(graph_);
}

absl::Status CheckGraph(const GraphProto& graph) {
  std::set<std::string> known, unused, names;
  const auto give = [&](const std::string& value) {
    unused.insert(value);
    return known.insert(value).second ? absl::OkStatus()
                                      : absl::InternalError(absl::StrCat("ONNX graph: two values ", value));
  };
  for (const ValueInfoProto& input : graph.input()) MRSN_RETURN_IF_ERROR(give(input.name()));
  for (const TensorProto& tensor : graph.initializer()) MRSN_RETURN_IF_ERROR(give(tensor.name()));
  for (const NodeProto& node : graph.node()) {
    if (!names.insert(node.name()).second) {
      return absl::InternalError(absl::StrCat("ONNX graph: two nodes ", node.name()));
    }
    for (const std::string& input : node.input()) {
      unused.erase(input);
      if (input.empty() || known.count(input) > 0) continue;
      return absl::InternalError(absl::StrCat("ONNX graph: node ", node.name(), " reads ", input,
                                              ", which nothing before it gives"));
    }
    for (const std::string& output : node.output()) MRSN_RETURN_IF_ERROR(give(output));
  }
  for (const ValueInfoProto& output : graph.output()) {
    unused.erase(output.name());
    if (known.count(output.name()) > 0) continue;
    return absl::InternalError(absl::StrCat("ONNX graph: nothing gives the output ", output.name()));
  }
  if (unused.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("ONNX graph: nothing reads ", *unused.begin()));
}

}  // namespace mrsn::onnx
