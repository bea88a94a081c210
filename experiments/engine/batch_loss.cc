#include "experiments/engine/batch_loss.h"

#include <ATen/ATen.h>

#include <utility>

#include "datasets/collate.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"
#include "ops/device/arithmetic.h"
#include "ops/device/move_together.h"

namespace mrsn::experiments {

GroupLoss LossOfGroup(const std::vector<datasets::Sample>& samples, const LongTermWindow& window,
                      int num_classes, ClassLoss loss, Detector& model, at::ScalarType type) {
  const Autocast autocast(DeviceOf(model).type(), type);
  const datasets::ClipBatch batch = datasets::Collate(samples, num_classes);
  const ModelBatch given = ModelBatchOf(batch, window, model);
  GroupLoss result;
  result.output = model.Loss(given.input, given.truth, loss);
  result.group = {batch.keyframes, batch.clip_index, result.output.memory};
  return result;
}

absl::StatusOr<LongTermWindow> WindowsFrom(const BankWindows& bank, const MemoryPool* memory,
                                           const std::vector<Keyframe>& keyframes) {
  if (memory != nullptr) return memory->Windows(keyframes);
  return WindowsOf(bank, keyframes);
}

absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model, at::ScalarType type) {
  const Autocast autocast(DeviceOf(model).type(), type);
  BatchLoss result;
  for (const std::vector<datasets::Sample>& clips : GroupsOfOneSize(std::move(samples))) {
    std::vector<Keyframe> keyframes;
    for (const datasets::Sample& clip : clips) keyframes.push_back(clip.keyframe);
    MRSN_ASSIGN_OR_RETURN(const LongTermWindow window, WindowsFrom(bank, memory, keyframes));
    GroupLoss group = LossOfGroup(clips, window, num_classes, loss, model, type);
    result.outputs.push_back(std::move(group.output));
    result.groups.push_back(std::move(group.group));
  }
  result.loss = JoinLosses(result.outputs);
  return result;
}

double FetchLoss(BatchLoss* batch, const std::vector<at::Tensor*>& others) {
  at::Tensor loss = batch->loss.detach();
  std::vector<at::Tensor*> fetched = others;
  fetched.push_back(&loss);
  for (BatchLoss::Group& group : batch->groups) fetched.push_back(&group.memory);
  FetchTogether(fetched);
  return loss.item<double>();
}

}  // namespace mrsn::experiments
