// The loss of one batch of training, whatever the sizes of its clips.
#ifndef MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_
#define MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/memory_pool.h"
#include "mrsn/detector.h"
#include "mrsn/head/long_term_window.h"
#include "ops/base/keyframe.h"

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

struct GroupLoss {
  LossOutput output;
  BatchLoss::Group group;
};

// Gives the detector clips of one size, at least one, and their long-term windows. Convolutions and products
// are of `type`, as Arithmetic::type; losses are float32.
GroupLoss LossOfGroup(const std::vector<datasets::Sample>& samples, const LongTermWindow& window,
                      int num_classes, ClassLoss loss, Detector& model, at::ScalarType type);

// The key frames' windows from `memory`, if there is one, otherwise from `bank`.
absl::StatusOr<LongTermWindow> WindowsFrom(const BankWindows& bank, const MemoryPool* memory,
                                           const std::vector<Keyframe>& keyframes);

// LossOfGroup of the clips of each size of frame, with windows of WindowsFrom, and the loss that joins them
// (mrsn/detector.h: JoinLosses). At least one sample. Batch norms that are trained see the statistics of a
// group, not of the batch.
absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model, at::ScalarType type = at::kFloat);

// The value of the loss. Brings the memories of the groups and `others` to the CPU in the same copy. The host
// waits here, and nowhere else in an iteration, for the model's device: call it when the backward pass is
// queued.
double FetchLoss(BatchLoss* batch, const std::vector<at::Tensor*>& others = {});

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_BATCH_LOSS_H_
