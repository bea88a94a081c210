#include "experiments/plan/plan_facts.h"

#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "experiments/config/computation.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/detector_input.h"
#include "experiments/report/training_curves.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr int kPersons = 3;           // of a clip if nobody knows
constexpr char kDevice[] = "cuda";    // the kind of device that a plan is for
constexpr double kNarrowBytes = 0.5;  // of bfloat16 and float16, for each byte of float32

// Bytes that this process has read from files so far; from caches of the system, too. Nothing where the
// system does not say it.
std::optional<double> BytesRead() {
  const auto io = ReadFile("/proc/self/io");
  if (!io.ok()) return std::nullopt;
  for (absl::string_view line : absl::StrSplit(*io, '\n')) {
    int64_t bytes = 0;
    if (absl::ConsumePrefix(&line, "rchar: ") && absl::SimpleAtoi(line, &bytes)) {
      return static_cast<double>(bytes);
    }
  }
  return std::nullopt;
}

struct Looked {
  DataFacts facts;
  std::optional<datasets::Sample> clip;  // the first one that could be read
};

// Reads some clips of `data`, which may be null.
Looked LookAt(const datasets::Dataset* data, int clips) {
  Looked looked;
  looked.facts.clips = looked.facts.bytes = looked.facts.persons = Unknown("without the data");
  if (data == nullptr) return looked;
  looked.facts.clips = Known(static_cast<double>(data->size()), "counted");
  const int64_t count = std::min<int64_t>(clips, data->size());
  int64_t read = 0, persons = 0;
  absl::Status failed = absl::NotFoundError("the data set is empty");
  const std::optional<double> before = BytesRead();
  for (int64_t i = 0; i < count; ++i) {
    absl::StatusOr<datasets::Sample> clip = data->Load(i * data->size() / count, 0);
    if (!clip.ok()) {
      failed = clip.status();
      continue;
    }
    ++read;
    persons += static_cast<int64_t>(clip->actors.size());
    if (!looked.clip.has_value()) looked.clip = *std::move(clip);
  }
  const std::optional<double> after = BytesRead();
  if (read == 0) {
    looked.facts.bytes = looked.facts.persons =
        Unknown(absl::StrCat("no clip can be read: ", failed.message()));
    return looked;
  }
  const std::string origin = absl::StrFormat("mean over %d clips", read);
  looked.facts.persons = Known(static_cast<double>(persons) / static_cast<double>(read), origin);
  looked.facts.bytes = before.has_value() && after.has_value()
                           ? Known((*after - *before) / static_cast<double>(read), origin)
                           : Unknown("the system does not count them");
  return looked;
}

// The size of a clip in training.
ComplexitySetting SettingFor(const Experiment& experiment, const Looked& training) {
  ComplexitySetting setting = SettingOf(experiment);
  if (training.clip.has_value()) {
    setting.frames = training.clip->slow.frames;
    setting.height = training.clip->slow.height;
    setting.width = training.clip->slow.width;
    setting.boxes = std::max(1, static_cast<int>(std::lround(*training.facts.persons.value)));
  } else {
    setting.boxes = kPersons;
  }
  setting.bank_entries = ComplexitySetting::kThreeASecond;
  return setting;
}

// Of the training in `folder`, which holds its resolved experiment.
std::string PrecisionIn(const std::filesystem::path& folder) {
  Experiment experiment;
  const auto text = ReadFile((folder / "experiment.textproto").string());
  if (text.ok()) google::protobuf::TextFormat::ParseFromString(*text, &experiment);
  return PrecisionName(experiment, kDevice);
}

// The rate of the training of this experiment, in the same precision, that has written its log last.
Fact RateOf(const OpenedRun& run, const PlanOptions& options) {
  if (options.clips_per_second > 0) return Known(options.clips_per_second, "--clips_per_second");
  const std::string precision = PrecisionName(run.node->resolved->experiment, kDevice);
  std::string newest;
  std::filesystem::file_time_type written;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(
           absl::StrCat(options.output_root, "/runs/", run.node->label), error)) {
    const std::string path = entry.path() / "train.jsonl";
    std::error_code none;
    const auto time = std::filesystem::last_write_time(path, none);
    if (none || (!newest.empty() && time < written)) continue;
    if (PrecisionIn(entry.path()) != precision) continue;
    newest = path;
    written = time;
  }
  if (newest.empty()) {
    return Unknown(
        absl::StrCat("no training in ", precision, " has been measured here; --clips_per_second gives it"));
  }
  const auto curves = ReadTrainingLog(newest);
  if (!curves.ok()) return Unknown(std::string(curves.status().message()));
  if (curves->clips_per_second.empty() || curves->clips_per_second.back().second <= 0) {
    return Unknown(absl::StrCat(newest, " has no step"));
  }
  return Known(curves->clips_per_second.back().second, absl::StrCat("by the devices of ", newest));
}

}  // namespace

absl::Status AddModelFacts(const ResolvedExperiment& resolved, const ComplexitySetting& wanted,
                           PlanFacts* facts) {
  const Experiment& experiment = resolved.experiment;
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> model, BuildDetector(experiment.model(), at::kMeta));
  SetBatchNorm(experiment.train().batch_norm(), *model);
  for (const at::Tensor& parameter : model->parameters()) {
    facts->parameters += parameter.numel();
    if (parameter.requires_grad()) facts->trained += parameter.numel();
  }
  for (const at::Tensor& buffer : model->buffers()) facts->buffers += buffer.numel();
  MRSN_ASSIGN_OR_RETURN(const ComplexityReport counted, CountComplexity(resolved.name, experiment, wanted));
  const ComplexitySetting& setting = counted.setting;
  DetectorInput input = MetaInput(setting, *model);
  for (const InputTensor& tensor : InputTensors()) {
    const at::Tensor& values = tensor.of(input);
    if (values.defined()) facts->input_bytes += static_cast<double>(values.nbytes());
  }
  facts->activation_bytes = static_cast<double>(counted.activations.training);
  facts->precision = PrecisionName(experiment, kDevice);
  if (facts->precision == "bfloat16" || facts->precision == "float16") {
    facts->activation_bytes = kNarrowBytes * (facts->activation_bytes + facts->input_bytes);
    facts->weight_copy_bytes = kNarrowBytes * sizeof(float) * static_cast<double>(facts->parameters);
  }
  facts->clip = absl::StrFormat("%dx%dx%d, %s", setting.frames, setting.height, setting.width,
                                BoxesText(counted.needs.boxes, setting.boxes));
  if (counted.needs.bank.has_value()) {
    facts->bank_width = counted.needs.bank->width;
    facts->own_memory = counted.needs.bank->own_memory;
  }
  return absl::OkStatus();
}

absl::StatusOr<PlanFacts> PlanFactsOf(const OpenedRun& run, const PlanOptions& options) {
  const ResolvedExperiment& resolved = *run.node->resolved;
  const TrainConfig& train = resolved.experiment.train();
  PlanFacts facts;
  facts.devices = options.devices;
  facts.batch_size = train.batch_size();
  facts.accumulate = std::max(1, train.accumulate());
  facts.epochs = train.epochs();
  facts.validates = train.evaluate_every_epochs() > 0;
  const Looked training = LookAt(run.train_data.get(), options.looked_at);
  facts.training = training.facts;
  MRSN_RETURN_IF_ERROR(AddModelFacts(resolved, SettingFor(resolved.experiment, training), &facts));
  if (!training.clip.has_value()) facts.clip += ", a guess";
  if (facts.bank_width > 0) {
    facts.evaluation_bank = LookAt(run.eval_bank_boxes.get(), options.looked_at).facts;
    if (!facts.own_memory) facts.training_bank = LookAt(run.bank_boxes.get(), options.looked_at).facts;
  }
  facts.clips_per_second = RateOf(run, options);
  return facts;
}

}  // namespace mrsn::experiments
