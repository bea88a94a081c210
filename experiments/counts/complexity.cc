#include "experiments/counts/complexity.h"

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/clip_config.h"
#include "eval/complexity/complexity.h"
#include "mrsn/build_model.h"
#include "mrsn/detector.h"
#include "mrsn/head/mrsn_head_counts.h"
#include "mrsn/model_options.h"
#include "ops/base/status_macros.h"
#include "ops/recompute/recompute.h"

namespace mrsn::experiments {
namespace {

constexpr int kMostBoxes = 20;
// A whole window at 1 Hz (of 21 s, if omega is 10), with so many persons each second.
constexpr int kPersonsInBank[] = {1, 3, 5, 10};

torch::nn::Module& PartOf(Detector& model, const char* name) { return *model.named_children()[name]; }

Split CountParameters(Detector& model) {
  return {eval::CountParameters(model.parameters()),
          eval::CountParameters(PartOf(model, "backbone").parameters()),
          eval::CountParameters(PartOf(model, "head").parameters())};
}

std::vector<eval::ModuleWeight> WeightsOf(const torch::nn::Module& model) {
  std::vector<eval::ModuleWeight> weights;
  for (const auto& tensors : {model.named_parameters(), model.named_buffers()}) {
    for (const auto& item : tensors) {
      const size_t dot = item.key().rfind('.');
      weights.push_back({dot == std::string::npos ? "" : item.key().substr(0, dot), item.value()});
    }
  }
  return weights;
}

int64_t OwnMacs(const eval::MacReport& counted, const std::string& module) {
  for (const eval::ModuleCount& count : counted.by_module) {
    if (count.module == module) return count.macs;
  }
  return 0;
}

// Modules of the backbone as counted when it runs alone: whatever the head computes from the feature
// map alone would otherwise be the map's last layer's.
std::vector<ModuleComplexity> ModulesOf(const Detector& model, const eval::MacReport& backbone,
                                        const eval::MacReport& all) {
  std::vector<ModuleComplexity> modules;
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    const std::string& name = item.key();
    const bool of_backbone = name == "backbone" || absl::StartsWith(name, "backbone.");
    const eval::MacReport& counted = of_backbone ? backbone : all;
    ModuleComplexity module = {name, eval::CountParameters(item.value()->parameters()),
                               counted.InModule(name), OwnMacs(counted, name)};
    // The head's, too, are products whose factors no weight of the head made: a bank's entries and
    // their mask, the feature map and the matrix that pools it.
    const int64_t rest = (of_backbone ? backbone.total : all.total - backbone.total) - counted.InModule(name);
    if (name == "backbone" || name == "head") {
      module.macs += rest;
      module.own_macs += rest;
    }
    if (module.parameters + module.macs > 0) modules.push_back(std::move(module));
  }
  return modules;
}

Split SplitOf(int64_t total, Detector& model, const DetectorInput& input) {
  const int64_t backbone = eval::CountMacs([&] { model.BackboneForCounting(input); }).total;
  return {total, backbone, total - backbone};
}

// The options of an MRSN head; nothing for another head.
std::optional<MrsnHeadOptions> MrsnHeadOf(const ModelConfig& config) {
  const auto model = ReadModel(config);
  if (!model.ok()) return std::nullopt;
  const auto* on_backbone = std::get_if<ActionDetectorOptions>(&*model);
  if (on_backbone == nullptr) return std::nullopt;
  const auto* head = std::get_if<MrsnHeadOptions>(&on_backbone->head);
  return head == nullptr ? std::nullopt : std::make_optional(*head);
}

// With what the model does not read set to 0.
ComplexitySetting ReadBy(const ModelNeeds& needs, ComplexitySetting setting) {
  if (!needs.bank) {
    setting.bank_entries = 0;
  } else if (setting.bank_entries == ComplexitySetting::kThreeASecond) {
    setting.bank_entries = static_cast<int>(3 * needs.bank->seconds());
  }
  if (!needs.boxes) setting.boxes = 0;
  return setting;
}

std::vector<CurvePoint> Curve(const ComplexityReport& report, const std::optional<MrsnHeadOptions>& mrsn,
                              Detector& model) {
  std::vector<CurvePoint> curve;
  const ModelNeeds needs = model.needs();
  if (!needs.boxes) return curve;
  const auto add = [&](int boxes, int bank_entries) {
    ComplexitySetting setting = report.setting;
    setting.boxes = boxes;
    setting.bank_entries = bank_entries;
    const DetectorInput input = MetaInput(setting, model);
    CurvePoint& point = curve.emplace_back();
    point.boxes = boxes;
    point.bank_entries = bank_entries;
    point.head_macs = eval::CountMacs([&] { model.ForwardForCounting(input); }).total - report.macs.backbone;
    if (mrsn) point.plain_head_macs = MrsnHeadPlainMacs(*mrsn, boxes, bank_entries);
  };
  for (int boxes = 1; boxes <= kMostBoxes; ++boxes) add(boxes, report.setting.bank_entries);
  if (!needs.bank) return curve;
  for (const int persons : kPersonsInBank) {
    add(report.setting.boxes, static_cast<int>(persons * needs.bank->seconds()));
  }
  return curve;
}

absl::StatusOr<ComplexityReport> Count(const std::string& name, const Experiment& experiment,
                                       const ComplexitySetting& setting) {
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, BuildDetector(experiment.model(), at::kMeta));
  ComplexityReport report;
  report.experiment = name;
  report.needs = model->needs();
  report.setting = ReadBy(report.needs, setting);
  report.parameters = CountParameters(*model);

  const DetectorInput input = MetaInput(report.setting, *model);
  if (input.fast.defined()) report.fast_frames = static_cast<int>(input.fast.size(2));
  // Dropout has its masks, and batch norms statistics of their own unless frozen.
  model->SetBatchNormFrozen(experiment.train().batch_norm() != TrainConfig::TRAINED);
  model->train();
  {
    const bool again = experiment.train().activation_checkpointing();
    const ops::RecomputeScope recompute(again);
    std::vector<at::Tensor> kept;
    const auto memory = eval::CountMacs([&] { kept = model->ForwardForCounting(input); }).memory;
    // What lies inside a part that is computed again is alive with it, in both passes.
    report.activations.training = again ? memory.peak : memory.kept;
  }

  at::NoGradGuard no_grad;
  model->eval();
  // The first inference folds norms into weights, which are then kept. The first shows whose
  // weight an operation reads, a later one the tensors that an inference makes.
  const std::vector<eval::ModuleWeight> weights = WeightsOf(*model);
  const eval::MacReport backbone = eval::CountMacs([&] { model->BackboneForCounting(input); }, weights);
  const eval::MacReport macs = eval::CountMacs([&] { model->ForwardForCounting(input); }, weights);
  const eval::MacReport later = eval::CountMacs([&] { model->ForwardForCounting(input); });
  report.macs = {macs.total, backbone.total, macs.total - backbone.total};
  report.uncounted = macs.uncounted;
  report.activations.made = later.memory.made;
  report.activations.peak = later.memory.peak;
  report.modules = ModulesOf(*model, backbone, macs);
  const std::optional<MrsnHeadOptions> mrsn = MrsnHeadOf(experiment.model());
  if (mrsn) {
    report.plain = {MrsnHeadParameters(*mrsn),
                    MrsnHeadPlainMacs(*mrsn, report.setting.boxes, report.setting.bank_entries)};
  }
  report.curve = Curve(report, mrsn, *model);
  return report;
}

}  // namespace

DetectorInput MetaInput(const ComplexitySetting& setting, const Detector& model) {
  InputSize size;
  size.frames = setting.frames;
  size.height = setting.height;
  size.width = setting.width;
  size.persons = setting.boxes;
  size.entries = setting.bank_entries;
  size.objects = setting.objects;
  return MakeInput(size, model.needs(), at::kMeta);
}

std::string BoxesText(bool takes_boxes, int boxes) {
  return takes_boxes ? absl::StrCat(boxes, " boxes") : "boxes of its own";
}

ComplexitySetting SettingOf(const Experiment& experiment) {
  const datasets::ClipSize clip = datasets::ClipSizeOf(experiment.eval_data());
  ComplexitySetting setting;
  setting.frames = clip.frames;
  setting.height = setting.width = clip.short_side;
  return setting;
}

absl::Status AddComplexity(const Experiment& experiment, const ComplexitySetting& wanted, Result* result) {
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, BuildDetector(experiment.model(), at::kMeta));
  const ModelNeeds needs = model->needs();
  const ComplexitySetting setting = ReadBy(needs, wanted);
  const Split counted = CountParameters(*model);
  Parameters& parameters = *result->mutable_parameters();
  parameters.set_total(counted.total);
  parameters.set_backbone(counted.backbone);
  parameters.set_head(counted.head);

  at::NoGradGuard no_grad;
  model->eval();
  const DetectorInput input = MetaInput(setting, *model);
  const Split split =
      SplitOf(eval::CountMacs([&] { model->ForwardForCounting(input); }).total, *model, input);
  MultiplyAdds& macs = *result->mutable_multiply_adds();
  macs.set_total(split.total);
  macs.set_backbone(split.backbone);
  macs.set_head(split.head);
  std::string text = absl::StrFormat("%dx%dx%d, ", setting.frames, setting.height, setting.width);
  absl::StrAppend(&text, BoxesText(needs.boxes, setting.boxes));
  if (needs.bank) absl::StrAppend(&text, ", ", setting.bank_entries, " bank entries");
  macs.set_setting(text);
  return absl::OkStatus();
}

absl::StatusOr<ComplexityReport> CountComplexity(const std::string& name, const Experiment& experiment,
                                                 const ComplexitySetting& setting) {
  try {
    return Count(name, experiment, setting);
  } catch (const c10::Error& error) {  // a clip smaller than the backbone's reach
    return absl::InvalidArgumentError(absl::StrFormat("%s: %d frames of %dx%d: %s", name, setting.frames,
                                                      setting.height, setting.width,
                                                      error.what_without_backtrace()));
  }
}

}  // namespace mrsn::experiments
