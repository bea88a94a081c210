#include "experiments/engine/batch_loss.h"

#include <ATen/ATen.h>

#include <utility>

#include "datasets/collate.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"
#include "ops/device/arithmetic.h"
#include "ops/device/move_together.h"

namespace mrsn::experiments {

absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model, at::ScalarType type) {
  const Autocast autocast(DeviceOf(model).type(), type);
  BatchLoss result;
  std::vector<LossOutput> outputs;
  for (const std::vector<datasets::Sample>& group : GroupsOfOneSize(std::move(samples))) {
    const datasets::ClipBatch batch = datasets::Collate(group, num_classes);
    LongTermWindow window;
    if (memory != nullptr) {
      window = memory->Windows(batch.keyframes);
    } else {
      MRSN_ASSIGN_OR_RETURN(window, WindowsOf(bank, batch.keyframes));
    }
    const ModelBatch given = ModelBatchOf(batch, window, model);
    outputs.push_back(model.Loss(given.input, given.truth, loss));
    result.groups.push_back({batch.keyframes, batch.clip_index, outputs.back().memory});
  }
  result.loss = JoinLosses(outputs);
  result.outputs = std::move(outputs);
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
