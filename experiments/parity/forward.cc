#include "experiments/parity/forward.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/parity/forward_input.h"
#include "experiments/provenance.h"
#include "experiments/run/given_weights.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/load_checkpoint.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"
#include "ops/device/device_name.h"
#include "ops/device/move_together.h"

namespace mrsn::experiments {
namespace {

// What is always written, under the names of forward.h.
constexpr std::pair<const char*, const char*> kAlways[] = {
    {"F", "features"}, {"A", "roi_features"}, {"G", "G"}, {"logits", "logits"}};

std::string OutputName(const std::string& tap) {
  for (const auto& [name, written] : kAlways) {
    if (tap == name) return written;
  }
  return tap;
}

bool AlwaysWritten(const std::string& output) {
  return std::any_of(std::begin(kAlways), std::end(kAlways),
                     [&](const auto& names) { return output == names.second; });
}

// A change of the experiment that gives its model the precision.
absl::StatusOr<std::string> PrecisionChange(const std::string& name) {
  if (name.empty()) return std::string();
  if (name == "float32") return std::string("model { precision: FLOAT32 }");
  if (name == "bfloat16") return std::string("model { precision: BFLOAT16 }");
  return absl::InvalidArgumentError(absl::StrCat("precision ", name, "; allowed: float32, bfloat16"));
}

absl::StatusOr<std::shared_ptr<ActionDetector>> ModelOf(const ResolvedExperiment& resolved,
                                                        const std::string& checkpoint, at::Device device) {
  MRSN_ASSIGN_OR_RETURN(const WeightsSource source, ReadWeightsSource(checkpoint));
  if (source.random()) at::manual_seed(*source.seed);
  auto model = BuildModel(resolved.experiment.model(), device);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  if (!source.random()) MRSN_RETURN_IF_ERROR(LoadCheckpoint(checkpoint, "auto", **model, {}).status());
  return model;
}

absl::Status CheckTaps(const ForwardOptions& options) {
  if (options.taps.empty() || options.taps == std::vector<std::string>{"all"}) return absl::OkStatus();
  MRSN_ASSIGN_OR_RETURN(const std::vector<TapShape> known,
                        ListTaps(options.configs_root, options.experiment));
  for (const std::string& tap : options.taps) {
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const TapShape& shape) { return shape.name == tap; });
    if (found) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        options.experiment, ": no tap '", tap, "'; allowed: all, ",
        absl::StrJoin(known, ", ",
                      [](std::string* text, const TapShape& shape) { absl::StrAppend(text, shape.name); })));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Safetensors> Forward(ActionDetector& model, const Safetensors& input,
                                    const std::string& origin) {
  MRSN_ASSIGN_OR_RETURN(DetectorInput batch, ReadDetectorInput(input, origin, model));
  const bool nobody = batch.boxes.size(0) == 0;
  if (nobody) {  // A stand-in, so that there is a feature map and every tensor has its shape.
    batch.boxes = at::tensor({0.f, 0.f, 1.f, 1.f}).view({1, 4});
    batch.clip_index = at::zeros({1}, at::kLong);
  }
  batch = batch.To(model.parameters().front().device());
  const at::NoGradGuard no_grad;
  model.eval();
  Taps taps;
  try {
    const DetectorOutput output = model.Forward(batch, &taps);
    taps.emplace_back("G", output.G);
    taps.emplace_back("logits", output.logits);
    std::vector<at::Tensor*> results;
    for (auto& [name, tensor] : taps) results.push_back(&tensor);
    FetchTogether(results);
  } catch (const c10::Error& error) {  // frames smaller than the backbone's reach, no memory
    return absl::InvalidArgumentError(absl::StrCat(origin, ": ", error.what_without_backtrace()));
  }
  Safetensors written;
  bool per_person = false;  // taps stand in order of computation: first the backbone's, up to F
  for (const auto& [name, tensor] : taps) {
    const at::Tensor rows = nobody && per_person ? tensor.slice(0, 0, 0) : tensor;
    written.tensors[OutputName(name)] = rows.to(at::kCPU, at::kFloat).contiguous();
    if (name == "F") per_person = true;
  }
  return written;
}

absl::Status RunForward(const ForwardOptions& options) {
  at::set_num_threads(options.threads);
  MRSN_ASSIGN_OR_RETURN(const at::Device device, DeviceNamed(options.device));
  MRSN_ASSIGN_OR_RETURN(const std::string precision, PrecisionChange(options.precision));
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved,
                        LoadExperiment(options.configs_root, options.experiment, precision));
  MRSN_RETURN_IF_ERROR(CheckTaps(options));
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options.input));
  MRSN_ASSIGN_OR_RETURN(const Safetensors input, ParseSafetensors(bytes, options.input));
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<ActionDetector> model,
                        ModelOf(resolved, options.checkpoint, device));
  MRSN_ASSIGN_OR_RETURN(Safetensors output, Forward(*model, input, options.input));
  if (options.taps != std::vector<std::string>{"all"}) {
    for (auto tensor = output.tensors.begin(); tensor != output.tensors.end();) {
      const bool wanted = AlwaysWritten(tensor->first) ||
                          std::count(options.taps.begin(), options.taps.end(), tensor->first) > 0;
      tensor = wanted ? std::next(tensor) : output.tensors.erase(tensor);
    }
  }
  output.metadata = {{"experiment", resolved.name},          {"config_fingerprint", resolved.fingerprint},
                     {"checkpoint", options.checkpoint},     {"weights_hash", WeightsHash(*model)},
                     {"input_sha256", Fingerprint(bytes)},   {"commit", SourceCommit()},
                     {"device", DeviceName(options.device)}, {"threads", absl::StrCat(options.threads)}};
  return WriteSafetensors(options.output, output);
}

absl::StatusOr<std::vector<TapShape>> ListTaps(const std::string& configs_root,
                                               const std::string& experiment) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(configs_root, experiment));
  auto model = BuildModel(resolved.experiment.model(), at::kMeta);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  ComplexitySetting setting = SettingOf(resolved.experiment);
  setting.boxes = 2;
  const at::NoGradGuard no_grad;
  (*model)->eval();
  Taps taps;
  const DetectorOutput output = (*model)->Forward(MetaInput(setting, **model), &taps);
  taps.emplace_back("logits", output.logits);
  std::vector<TapShape> shapes;
  for (const auto& [name, tensor] : taps) shapes.push_back({name, tensor.sizes().vec()});
  return shapes;
}

}  // namespace mrsn::experiments
