#include "experiments/engine/batch_loss.h"

#include <utility>

#include "datasets/collate.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model) {
  BatchLoss result;
  std::vector<LossOutput> outputs;
  for (const std::vector<datasets::Sample>& group : GroupsOfOneSize(std::move(samples))) {
    const datasets::ClipBatch batch = datasets::Collate(group, num_classes);
    MRSN_ASSIGN_OR_RETURN(DetectorInput input, InputOf(batch, bank));
    if (memory != nullptr) input.bank = memory->Windows(batch.keyframes);
    outputs.push_back(model.Loss(input, TruthOf(batch), loss));
    result.groups.push_back({batch.keyframes, batch.clip_index, outputs.back().memory});
  }
  result.loss = JoinLosses(outputs);
  result.outputs = std::move(outputs);
  return result;
}

}  // namespace mrsn::experiments
