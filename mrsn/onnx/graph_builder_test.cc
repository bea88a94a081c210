#include "mrsn/onnx/graph_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace mrsn::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr ElementType kFloat = ElementType::kFloat;

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }
std::string ErrorOf(GraphBuilder graph) { return ErrorOf(std::move(graph).Build("g").status()); }

// y = x w + w.
GraphBuilder Example() {
  GraphBuilder graph;
  const Value x = graph.Input("x", kFloat, {"rows", int64_t{2}});
  const Value w = graph.Floats("w", {2}, {0.5f, -1});
  graph.Output(graph.Node("head", "Add", {graph.Node("head", "Mul", {x, w}), w}), "y", kFloat,
               {"rows", int64_t{2}});
  return graph;
}

TEST(GraphBuilderTest, WritesNodesInOrder) {
  const auto graph = Example().Build("example");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->name(), "example");
  ASSERT_EQ(graph->node_size(), 3);
  EXPECT_EQ(graph->node(0).op_type(), "Mul");
  EXPECT_THAT(graph->node(0).input(), ElementsAre("x", "w"));
  EXPECT_THAT(graph->node(1).input(), ElementsAre(graph->node(0).output(0), "w"));
  EXPECT_EQ(graph->node(1).name(), "head/Add_0");
  EXPECT_THAT(graph->node(2).output(), ElementsAre("y"));
  const TypeProto::Tensor& y = graph->output(0).type().tensor_type();
  EXPECT_EQ(y.elem_type(), TensorProto::FLOAT);
  EXPECT_EQ(y.shape().dim(0).dim_param(), "rows");
  EXPECT_EQ(y.shape().dim(1).dim_value(), 2);
}

TEST(GraphBuilderTest, InitialisersHoldTheirBytes) {
  const auto graph = Example().Build("example");
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->initializer_size(), 1);
  EXPECT_THAT(graph->initializer(0).dims(), ElementsAre(2));
  float values[2];
  ASSERT_EQ(graph->initializer(0).raw_data().size(), sizeof(values));
  std::memcpy(values, graph->initializer(0).raw_data().data(), sizeof(values));
  EXPECT_THAT(values, ElementsAre(0.5f, -1.f));
}

TEST(GraphBuilderTest, AttributesKeepTheirKind) {
  GraphBuilder graph;
  const Value x = graph.Input("x", kFloat, {int64_t{2}});
  const std::vector<Value> parts = graph.Node(
      "p", "Made", {x}, 2,
      {{"axis", int64_t{-1}}, {"alpha", 0.25f}, {"mode", "avg"}, {"pads", std::vector<int64_t>{0, 1}}});
  ASSERT_EQ(parts.size(), 2);
  EXPECT_NE(parts[0], parts[1]);
  for (const Value& part : parts) graph.Output(part, part + "_out", kFloat, {int64_t{1}});
  const auto proto = std::move(graph).Build("g");
  ASSERT_TRUE(proto.ok()) << proto.status();
  const auto& attributes = proto->node(0).attribute();
  ASSERT_EQ(attributes.size(), 4);
  EXPECT_EQ(attributes[0].type(), AttributeProto::INT);
  EXPECT_EQ(attributes[0].i(), -1);
  EXPECT_EQ(attributes[1].type(), AttributeProto::FLOAT);
  EXPECT_EQ(attributes[1].f(), 0.25f);
  EXPECT_EQ(attributes[2].type(), AttributeProto::STRING);
  EXPECT_EQ(attributes[2].s(), "avg");
  EXPECT_EQ(attributes[3].type(), AttributeProto::INTS);
  EXPECT_THAT(attributes[3].ints(), ElementsAre(0, 1));
}

TEST(GraphBuilderTest, EqualConstantsAreOne) {
  GraphBuilder graph;
  EXPECT_EQ(graph.Scalar(int64_t{1}), graph.Scalar(int64_t{1}));
  EXPECT_NE(graph.Scalar(int64_t{1}), graph.Scalar(1.f));
  EXPECT_NE(graph.Scalar(int64_t{1}), graph.Ints({1}));
  EXPECT_EQ(graph.Ints({1, 2}), graph.Ints({1, 2}));
  // Floats whose six digits are the same.
  EXPECT_NE(graph.Scalar(0.1f), graph.Scalar(0.10000001f));
}

TEST(CheckGraphTest, FindsWhatDoesNotFit) {
  {
    GraphBuilder graph = Example();
    graph.Node("a", "Add", {"x", "nothing"});
    EXPECT_THAT(ErrorOf(std::move(graph)),
                HasSubstr("node a/Add_0 reads nothing, which nothing before it gives"));
  }
  {
    GraphBuilder graph = Example();
    graph.Node("a", "Relu", {"x"});
    EXPECT_THAT(ErrorOf(std::move(graph)), HasSubstr("nothing reads a/Relu_0"));
  }
  {
    GraphBuilder graph = Example();
    graph.Floats("w", {1}, {1});
    EXPECT_THAT(ErrorOf(std::move(graph)), HasSubstr("two values w"));
  }
  {
    GraphBuilder graph = Example();
    graph.Input("z", kFloat, {int64_t{1}});
    EXPECT_THAT(ErrorOf(std::move(graph)), HasSubstr("nothing reads z"));
  }
  GraphProto graph = *Example().Build("g");
  graph.mutable_node()->SwapElements(0, 1);
  EXPECT_THAT(ErrorOf(CheckGraph(graph)), HasSubstr("head/Add_0 reads head/Mul_0"));
  graph = *Example().Build("g");
  graph.mutable_node()->RemoveLast();
  EXPECT_THAT(ErrorOf(CheckGraph(graph)), HasSubstr("nothing gives the output y"));
  graph = *Example().Build("g");
  graph.mutable_node(1)->set_name("head/Mul_0");
  EXPECT_THAT(ErrorOf(CheckGraph(graph)), HasSubstr("two nodes head/Mul_0"));
}

}  // namespace
}  // namespace mrsn::onnx
