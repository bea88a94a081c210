#include "mrsn/onnx/export_onnx.h"

#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mrsn/model_options.h"
#include "mrsn/onnx/backbone_graph.h"
#include "mrsn/onnx/graph_builder.h"
#include "mrsn/onnx/head_graph.h"
#include "mrsn/onnx/scope.h"
#include "ops/base/status_macros.h"

namespace mrsn::onnx {
namespace {

constexpr int64_t kOpset = 17;     // the first with LayerNormalization; RoiAlign as here came with 16
constexpr int64_t kIrVersion = 8;  // of ONNX 1.12, which opset 17 came with
constexpr size_t kMostBytes = (size_t{1} << 31) - 1;

// Free sizes.
constexpr char kClips[] = "clips", kHeight[] = "height", kWidth[] = "width", kBoxes[] = "boxes",
               kEntries[] = "entries";

ClipValues ClipInputs(GraphBuilder& graph, const BackboneNeeds& needs, int64_t frames) {
  const auto stack = [&](const std::string& name, int64_t channels, int64_t length) {
    return graph.Input(name, ElementType::kFloat, {kClips, channels, length, kHeight, kWidth});
  };
  ClipValues clip;
  clip.slow = stack("slow", 3, frames);
  if (needs.alpha > 0) clip.fast = stack("fast", 3, needs.alpha * frames);
  if (needs.flow) clip.flow = stack("flow", 2, frames);
  return clip;
}

BankValues BankInputs(GraphBuilder& graph, const BankNeeds& needs) {
  return {graph.Input("bank_features", ElementType::kFloat, {kEntries, needs.width}),
          graph.Input("bank_clip_index", ElementType::kInt64, {kEntries}),
          graph.Input("bank_offset", ElementType::kInt64, {kEntries})};
}

absl::StatusOr<GraphProto> WriteGraph(const ActionDetectorOptions& model, Weights& weights,
                                      const ExportOptions& options) {
  const ModelNeeds needs = NeedsOf(model);
  GraphBuilder graph;
  const ClipValues clip = ClipInputs(graph, needs, options.frames);
  HeadValues head;
  head.boxes = graph.Input("boxes", ElementType::kFloat, {kBoxes, int64_t{4}});
  head.clip_index = graph.Input("clip_index", ElementType::kInt64, {kBoxes});
  if (needs.bank) head.bank = BankInputs(graph, *needs.bank);
  head.features = BackboneGraph(Scope(graph, weights, "backbone"), model.backbone, clip);
  head.actors = RoiGraph(Scope(graph, weights, "roi_align"), model.roi, head.features, clip.slow, head.boxes,
                         head.clip_index, StrideOf(model.backbone));
  const Value logits = HeadGraph(Scope(graph, weights, "head"), model.head, head);
  MRSN_RETURN_IF_ERROR(weights.Finish());
  const std::vector<Dimension> shape = {kBoxes, needs.classes};
  graph.Output(logits, "logits", ElementType::kFloat, shape);
  const Value scores = options.loss == ClassLoss::kBce
                           ? graph.Node("scores", "Sigmoid", {logits})
                           : graph.Node("scores", "Softmax", {logits}, {{"axis", int64_t{-1}}});
  graph.Output(scores, "scores", ElementType::kFloat, shape);
  return std::move(graph).Build(options.name);
}

// OK for the heads that head_graph.h writes.
struct Check {
  const std::string name;  // of the head

  absl::Status operator()(const ActionDetectorOptions& model) const {
    if (model.feature_scale == 1) return std::visit(*this, model.head);
    return absl::UnimplementedError(absl::StrCat("model.feature_scale is ", model.feature_scale,
                                                 ": no ONNX file is written of scaled features; allowed: 1"));
  }
  absl::Status operator()(const LinearHeadOptions&) const { return absl::OkStatus(); }
  absl::Status operator()(const MrsnHeadOptions& head) const {
    if (!DepartsFromPaper(head)) return absl::OkStatus();
    return absl::UnimplementedError(
        "model.mrsn: no ONNX file is written of heads that depart from the paper; allowed: no variations, "
        "and in "
        "long_term no distance_embedding, own_second and bank_width");
  }
  absl::Status operator()(const baselines::ContextAverageHeadOptions&) const { return absl::OkStatus(); }
  template <typename Other>
  absl::Status operator()(const Other&) const {
    return absl::UnimplementedError(
        absl::StrCat("model.", name,
                     ": no ONNX file is written of this head; allowed: linear, mrsn, "
                     "context_average"));
  }
};

absl::StatusOr<ModelOptions> ReadExportable(const ModelConfig& config) {
  MRSN_ASSIGN_OR_RETURN(const ModelOptions model, ReadModel(config));
  MRSN_RETURN_IF_ERROR(std::visit(Check{HeadName(config)}, model));
  return model;
}

const char* TypeName(TensorProto::DataType type) {
  return type == TensorProto::FLOAT ? "float32" : type == TensorProto::INT64 ? "int64" : "bool";
}

}  // namespace

absl::Status CheckHead(const ModelConfig& config) { return ReadExportable(config).status(); }

absl::StatusOr<ModelProto> ExportOnnx(const ModelConfig& config, Weights weights,
                                      const ExportOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const ModelOptions model, ReadExportable(config));
  ModelProto proto;
  MRSN_ASSIGN_OR_RETURN(*proto.mutable_graph(),
                        WriteGraph(std::get<ActionDetectorOptions>(model), weights, options));
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("mrsn");
  proto.add_opset_import()->set_version(kOpset);
  for (const auto& [key, value] : options.metadata) {
    StringStringEntryProto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  return proto;
}

absl::StatusOr<std::string> Serialize(const ModelProto& model) {
  const size_t size = model.ByteSizeLong();
  std::string bytes;
  if (size > kMostBytes || !model.SerializeToString(&bytes)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the ONNX file would have ", size, " bytes; the format holds ", kMostBytes));
  }
  return bytes;
}

std::string Describe(const ValueInfoProto& info) {
  const TypeProto::Tensor& tensor = info.type().tensor_type();
  std::vector<std::string> sizes;
  for (const TensorShapeProto::Dimension& dim : tensor.shape().dim()) {
    sizes.push_back(dim.dim_param().empty() ? absl::StrCat(dim.dim_value()) : dim.dim_param());
  }
  return absl::StrCat(info.name(), " ", TypeName(tensor.elem_type()), " [", absl::StrJoin(sizes, ","), "]");
}

}  // namespace mrsn::onnx
