#include "experiments/onnx/export_model.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "datasets/stream/stream_config.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/provenance.h"
#include "experiments/run/given_weights.h"
#include "mrsn/build_model.h"
#include "mrsn/onnx/export_onnx.h"
#include "mrsn/onnx/module_weights.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using Json = nlohmann::ordered_json;

// Names of classes may hold any bytes; JSON holds UTF-8.
std::string Text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json ClassesJson(const std::vector<datasets::ActionClass>& classes) {
  Json list = Json::array();
  for (const datasets::ActionClass& each : classes) {
    list.push_back({{"id", each.id}, {"name", each.name}, {"evaluated", each.evaluated}});
  }
  return list;
}

const char* NameOf(datasets::SlowFrames slow_frames) {
  switch (slow_frames) {
    case datasets::SlowFrames::kLinspace:
      return "linspace";
    case datasets::SlowFrames::kEveryAlpha:
      return "every_alpha";
    case datasets::SlowFrames::kIntervalMid:
      return "interval_mid";
  }
  return "";
}

Json ClipJson(const datasets::StreamConfig& data) {
  Json json = {{"frames", data.clip.frames}, {"stride", data.clip.stride}};
  if (data.clip.fast_ratio > 0) {
    json["fast_frames"] = data.clip.frames * data.clip.fast_ratio;
    json["slow_frames"] = NameOf(data.clip.slow_frames);
  }
  json["frames_per_second"] = data.rate;
  json["short_side"] = data.transform.short_side;
  return json;
}

// 0.45f as 0.45, not as 0.449999988.
double Decimal(float value) {
  double decimal = value;
  return absl::SimpleAtod(absl::StrCat(value), &decimal) ? decimal : value;
}

Json PixelsJson(const PixelScaling& scaling) {
  Json mean = Json::array(), deviation = Json::array();
  for (size_t c = 0; c < scaling.mean.size(); ++c) {
    mean.push_back(Decimal(scaling.mean[c]));
    deviation.push_back(Decimal(scaling.std[c]));
  }
  return {{"divisor", Decimal(scaling.divisor)},
          {"mean", mean},
          {"std", deviation},
          {"channels", scaling.bgr ? "BGR" : "RGB"}};
}

absl::Status CheckClasses(const std::string& name, int64_t model, size_t listed) {
  if (model == static_cast<int64_t>(listed)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ": its model has ", model, " classes, the class list ",
                                                 listed, "; --class_list names the right one"));
}

absl::StatusOr<std::shared_ptr<Detector>> ModelOf(const ResolvedExperiment& resolved,
                                                  const std::string& checkpoint) {
  MRSN_ASSIGN_OR_RETURN(const WeightsSource source, ReadWeightsSource(checkpoint));
  at::manual_seed(source.seed.value_or(0));
  auto model = BuildDetector(resolved.experiment.model(), at::kCPU);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  MRSN_RETURN_IF_ERROR(LoadGivenWeights(source, /*allow_missing=*/false, **model).status());
  return model;
}

// A head that cannot be exported is refused before a large file of weights is read.
absl::Status CheckExportable(const ResolvedExperiment& resolved) {
  const absl::Status head = onnx::CheckHead(resolved.experiment.model());
  return head.ok() ? head : AtItsPlace(resolved, head);
}

}  // namespace

absl::StatusOr<ExportedModel> ExportModel(const ResolvedExperiment& resolved,
                                          const ExportModelOptions& options) {
  const Experiment& experiment = resolved.experiment;
  MRSN_RETURN_IF_ERROR(CheckExportable(resolved));
  const auto data = datasets::ReadStreamConfig(experiment.eval_data(), options.class_list);
  if (!data.ok()) return AtItsPlace(resolved, data.status(), "dataset", "eval_data");
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, ModelOf(resolved, options.checkpoint));
  MRSN_RETURN_IF_ERROR(CheckClasses(resolved.name, model->needs().classes, data->classes.size()));

  onnx::ExportOptions how;
  how.name = resolved.name;
  how.frames = data->clip.frames;
  how.loss = ClassLossOf(experiment.train().loss());
  how.metadata = {{"experiment", resolved.name},
                  {"config_fingerprint", resolved.fingerprint},
                  {"weights_hash", WeightsHash(*model)},
                  {"checkpoint", std::filesystem::path(options.checkpoint).filename()},
                  {"commit", SourceCommit()},
                  {"classes", Text(ClassesJson(data->classes))},
                  {"clip", Text(ClipJson(*data))},
                  {"pixels", Text(PixelsJson(data->transform.scaling))},
                  {"scores", how.loss == ClassLoss::kBce ? "sigmoid" : "softmax"}};
  const onnx::ModuleWeights weights(*model);
  MRSN_ASSIGN_OR_RETURN(const onnx::ModelProto proto,
                        onnx::ExportOnnx(experiment.model(), weights.weights(), how));
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, onnx::Serialize(proto));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(options.output, bytes));

  ExportedModel exported;
  exported.bytes = static_cast<int64_t>(bytes.size());
  exported.nodes = proto.graph().node_size();
  exported.bfloat16 = experiment.model().precision() == ModelConfig::BFLOAT16;
  for (const auto& info : proto.graph().input()) exported.inputs.push_back(onnx::Describe(info));
  for (const auto& info : proto.graph().output()) exported.outputs.push_back(onnx::Describe(info));
  return exported;
}

}  // namespace mrsn::experiments
