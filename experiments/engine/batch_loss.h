// The loss of one batch of training, whatever the sizes of its clips.
#ifndef MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_
#define MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/memory_pool.h"
#include "experiments/engine/shared_batch.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

struct BatchLoss {
  // Clips of one size, which the detector saw together.
  struct Group {
    std::vector<Keyframe> keyframes;
    at::Tensor clip_index;  // [N] of its persons
    at::Tensor memory;      // as LossOutput::memory
  };
  at::Tensor loss;  // a scalar with a graph, normalised by all persons of the batch
  std::vector<Group> groups;
  std::vector<LossOutput> outputs;  // of each group; `loss` joins them
};

// Gives the detector the clips of each size of frame together, and joins the losses of these groups
// (mrsn/detector.h: JoinLosses). The long-term windows come from `memory`, if there is one, otherwise from
// `bank`. At least one sample. Batch norms that are trained see the statistics of a group, not of the batch.
// Convolutions and products are of `type`, as Arithmetic::type; losses are float32.
//
// With `shared` the samples are this rank's share of a batch, or of a part of it, and groups are computed as
// in a process that has the whole batch. Every rank then calls it, also without samples; `loss` is then
// undefined. Errors, too: a rank has ended.
absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model, at::ScalarType type = at::kFloat,
                                      SharedBatch* shared = nullptr);

// The value of the loss. Brings the memories of the groups and `others` to the CPU in the same copy. The host
// waits here, and nowhere else in an iteration, for the model's device: call it when the backward pass is
// queued.
double FetchLoss(BatchLoss* batch, const std::vector<at::Tensor*>& others = {});

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_
