#include "experiments/device_check/check_models.h"

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/detector_input.h"
#include "mrsn/build_model.h"
#include "ops/base/status_macros.h"
#include "ops/sgd/sgd.h"

namespace mrsn::experiments {
namespace {

constexpr int kWarmUp = 3, kPersons = 3, kSmallSide = 48;

struct Given {
  DetectorInput input;
  Truth truth;
};

// Random clips on the device. Boxes and truth of a detector that finds persons itself stay on the CPU.
Given RandomBatch(const InputSize& size, const ModelNeeds& needs, c10::Device device) {
  Given given;
  given.input = MakeInput(size, needs).To(device);
  given.truth.labels = at::zeros({size.persons, needs.classes});
  for (int64_t n = 0; n < size.persons; ++n) given.truth.labels[n][n % needs.classes] = 1;
  if (needs.boxes) {
    given.truth.labels = given.truth.labels.to(device);
  } else {
    given.input.boxes = given.input.boxes.cpu();
    given.input.clip_index = given.input.clip_index.cpu();
  }
  if (needs.tubelets) {
    given.truth.tubelets =
        given.input.boxes.cpu().unsqueeze(1).expand({size.persons, size.frames, 4}).contiguous();
  }
  return given;
}

InputSize SizeOf(const ModelNeeds& needs, int clips, int frames, int height, int width) {
  InputSize size;
  size.clips = clips;
  size.frames = frames;
  size.height = height;
  size.width = width;
  size.persons = size.objects = kPersons * clips;
  if (needs.bank.has_value()) size.entries = needs.bank->seconds() * size.persons;
  return size;
}

absl::StatusOr<std::shared_ptr<Detector>> Build(const ResolvedExperiment& resolved) {
  at::manual_seed(1);
  auto model = BuildDetector(resolved.experiment.model(), at::kCPU);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  // Layers that start at 0, so that a fresh head changes nothing, let no gradient through.
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : (*model)->named_children()["head"]->parameters()) {
    parameter.add_(at::randn_like(parameter) * 0.02);
  }
  return *std::move(model);
}

// Evaluation mode: random numbers of dropout differ from device to device.
void Compare(Detector& on_cpu, Detector& on_device, c10::Device device, ClassLoss loss, int own_frames,
             CheckedModel* checked) {
  const ModelNeeds needs = on_cpu.needs();
  // A detector that finds persons itself wants its own number of frames.
  const int frames = needs.boxes ? 2 : own_frames;
  at::manual_seed(2);
  const Given given = RandomBatch(SizeOf(needs, 2, frames, kSmallSide, kSmallSide), needs, at::kCPU);
  at::manual_seed(2);
  const Given there = RandomBatch(SizeOf(needs, 2, frames, kSmallSide, kSmallSide), needs, device);
  on_cpu.eval();
  on_device.eval();
  const at::Tensor expected = on_cpu.Loss(given.input, given.truth, loss).loss;
  const at::Tensor found = on_device.Loss(there.input, there.truth, loss).loss;
  expected.backward();
  found.backward();
  const double value = expected.item<double>();
  checked->loss_difference = std::abs(found.item<double>() - value) / std::max(std::abs(value), 1e-12);
  const std::vector<at::Tensor> theirs = on_device.parameters(), ours = on_cpu.parameters();
  double largest = 0, worst = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    if (!ours[i].grad().defined() || !theirs[i].grad().defined()) continue;
    largest = std::max(largest, ours[i].grad().abs().max().item<double>());
    const double difference = (theirs[i].grad().cpu() - ours[i].grad()).abs().max().item<double>();
    worst = difference <= worst ? worst : difference;  // keeps NaN
  }
  checked->gradient_difference = worst / std::max(largest, 1e-30);
}

void Time(const ResolvedExperiment& resolved, const CheckModelOptions& options, c10::Device device,
          ClassLoss loss, Detector& model, CheckedModel* checked) {
  const ComplexitySetting setting = SettingOf(resolved.experiment);
  const ModelNeeds needs = model.needs();
  checked->setting =
      absl::StrFormat("%d clips %dx%dx%d", options.clips, setting.frames, setting.height, setting.width);
  const Given given =
      RandomBatch(SizeOf(needs, options.clips, setting.frames, setting.height, setting.width), needs, device);
  model.train();
  SetBatchNorm(resolved.experiment.train().batch_norm(), model);
  ops::Sgd optimizer(model.parameters(), torch::optim::SGDOptions(1e-6).momentum(0.9));
  at::DeviceAllocator* memory = device.is_cuda() ? at::getDeviceAllocator(device.type()) : nullptr;
  absl::Time start = absl::Now();
  for (int step = -kWarmUp; step < options.steps; ++step) {
    if (step == 0) {
      if (memory != nullptr) memory->resetPeakStats(device.index());
      start = absl::Now();
    }
    optimizer.zero_grad();
    const at::Tensor value = model.Loss(given.input, given.truth, loss).loss;
    value.backward();
    value.item<double>();  // as a training does; the host waits
    optimizer.step();
  }
  for (const at::Tensor& parameter : model.parameters()) {
    parameter.flatten()[0].item<double>();  // the last update is done, too
    break;
  }
  checked->step_milliseconds = absl::ToDoubleMilliseconds(absl::Now() - start) / std::max(options.steps, 1);
  if (memory != nullptr) {
    checked->peak_bytes = static_cast<double>(memory->getDeviceStats(device.index()).allocated_bytes[0].peak);
  }
}

}  // namespace

absl::StatusOr<CheckedModel> CheckModel(const std::string& experiment, const CheckModelOptions& options,
                                        c10::Device device) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadExperiment(options.configs_root, experiment));
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> on_cpu, Build(resolved));
  MRSN_ASSIGN_OR_RETURN(const std::shared_ptr<Detector> on_device, Build(resolved));
  CheckedModel checked;
  checked.experiment = experiment;
  const ClassLoss loss = ClassLossOf(resolved.experiment.train().loss());
  auto& context = at::globalContext();
  const bool products = context.allowTF32CuBLAS(), convolutions = context.allowTF32CuDNN();
  try {
    on_device->to(device);
    context.setAllowTF32CuBLAS(false);
    context.setAllowTF32CuDNN(false);
    Compare(*on_cpu, *on_device, device, loss, SettingOf(resolved.experiment).frames, &checked);
    context.setAllowTF32CuBLAS(products);
    context.setAllowTF32CuDNN(convolutions);
    Time(resolved, options, device, loss, *on_device, &checked);
  } catch (const c10::Error& error) {
    context.setAllowTF32CuBLAS(products);
    context.setAllowTF32CuDNN(convolutions);
    return absl::InternalError(
        absl::StrCat(experiment, " on ", device.str(), ": ", error.what_without_backtrace()));
  }
  return checked;
}

}  // namespace mrsn::experiments
