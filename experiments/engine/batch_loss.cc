#include "experiments/engine/batch_loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "datasets/collate.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"
#include "ops/device/arithmetic.h"
#include "ops/device/move_together.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::experiments {
namespace {

// Clips of one size.
struct Part {
  std::vector<datasets::Sample> samples;
  LongTermWindow window;
  int height() const { return samples.front().slow.height; }
  int width() const { return samples.front().slow.width; }
};

std::vector<SharedBatch::Clip> ClipsOf(const std::vector<datasets::Sample>& samples) {
  std::vector<SharedBatch::Clip> clips;
  for (const datasets::Sample& sample : samples) {
    SharedBatch::Clip& clip = clips.emplace_back();
    clip.height = sample.slow.height;
    clip.width = sample.slow.width;
    clip.persons = static_cast<int64_t>(sample.actors.size());
    clip.objects = static_cast<int64_t>(sample.objects.size());
  }
  return clips;
}

// Of the clips of a part, which stand among `clips` in the same order.
void CountEntries(const Part& part, std::vector<SharedBatch::Clip>* clips) {
  if (part.window.empty()) return;
  std::vector<SharedBatch::Clip*> own;
  for (SharedBatch::Clip& clip : *clips) {
    if (clip.height == part.height() && clip.width == part.width()) own.push_back(&clip);
  }
  const auto index = part.window.clip_index.accessor<int64_t, 1>();
  for (int64_t entry = 0; entry < index.size(0); ++entry) ++own[index[entry]]->entries;
}

}  // namespace

absl::StatusOr<BatchLoss> LossOfBatch(std::vector<datasets::Sample> samples, int num_classes,
                                      const BankWindows& bank, const MemoryPool* memory, ClassLoss loss,
                                      Detector& model, at::ScalarType type, SharedBatch* shared) {
  const Autocast autocast(DeviceOf(model).type(), type);
  std::vector<SharedBatch::Clip> clips = ClipsOf(samples);
  std::vector<Part> parts;
  for (std::vector<datasets::Sample>& group : GroupsOfOneSize(std::move(samples))) {
    Part& part = parts.emplace_back(Part{std::move(group), {}});
    std::vector<Keyframe> keyframes;
    for (const datasets::Sample& sample : part.samples) keyframes.push_back(sample.keyframe);
    if (memory != nullptr) {
      part.window = memory->Windows(keyframes);
    } else {
      MRSN_ASSIGN_OR_RETURN(part.window, WindowsOf(bank, keyframes));
    }
    CountEntries(part, &clips);
  }
  BatchLoss result;
  const auto compute = [&](const Part& part) {
    const datasets::ClipBatch batch = datasets::Collate(part.samples, num_classes);
    const ModelBatch given = ModelBatchOf(batch, part.window, model);
    result.outputs.push_back(model.Loss(given.input, given.truth, loss));
    result.groups.push_back({batch.keyframes, batch.clip_index, result.outputs.back().memory});
  };
  if (shared == nullptr) {
    for (const Part& part : parts) compute(part);
  } else {
    MRSN_RETURN_IF_ERROR(shared->Meet(clips));
    for (size_t g = 0; g < shared->groups().size(); ++g) {
      const SharedBatch::Group& group = shared->groups()[g];
      std::optional<ops::BatchShareScope> scope;
      MRSN_RETURN_IF_ERROR(shared->Begin(g, &scope));
      const auto own = std::find_if(parts.begin(), parts.end(), [&](const Part& part) {
        return part.height() == group.height && part.width() == group.width;
      });
      if (own != parts.end()) compute(*own);
    }
  }
  if (!result.outputs.empty()) result.loss = JoinLosses(result.outputs);
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
