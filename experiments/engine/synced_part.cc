#include "experiments/engine/synced_part.h"

#include <ATen/ATen.h>

#include <array>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Persons, then frames, height and width of a clip; 0 without clips, kSeveral if the clips have several
// sizes.
using Numbers = std::array<int64_t, 4>;

constexpr int64_t kSeveral = -1;

Numbers NumbersOf(const std::vector<datasets::Sample>& samples) {
  Numbers numbers = {};
  if (samples.empty()) return numbers;
  for (const datasets::Sample& sample : samples) numbers[0] += static_cast<int64_t>(sample.actors.size());
  const auto& slow = samples[0].slow;
  numbers[1] = slow.frames;
  numbers[2] = CheckOneSize(samples).ok() ? slow.height : kSeveral;
  numbers[3] = slow.width;
  return numbers;
}

}  // namespace

absl::StatusOr<SyncedPart> AskAllRanks(const std::vector<datasets::Sample>& samples, ProcessGroup& group) {
  const Numbers own = NumbersOf(samples);
  MRSN_ASSIGN_OR_RETURN(
      const std::vector<std::string> gathered,
      group.Gather(absl::string_view(reinterpret_cast<const char*>(own.data()), sizeof own)));
  SyncedPart part;
  bool found = false;
  for (const std::string& of_rank : gathered) {
    Numbers numbers = {};
    std::memcpy(numbers.data(), of_rank.data(), sizeof numbers);
    part.persons += numbers[0];
    if (numbers[1] == 0) continue;
    if (numbers[2] == kSeveral ||
        (found && (numbers[2] != part.clip.height || numbers[3] != part.clip.width))) {
      return absl::InvalidArgumentError(
          "train.sync_batch_norm: clips of a batch have different sizes of frame, and a norm would see each "
          "size "
          "apart on ranks of their own; expected one size, or a transform.augmentation that crops");
    }
    found = true;
    part.clip.frames = numbers[1];
    part.clip.height = numbers[2];
    part.clip.width = numbers[3];
  }
  return part;
}

LossOutput LossOfNoClips(const InputSize& clip, ClassLoss loss, Detector& model) {
  InputSize size = clip;
  size.clips = size.persons = size.entries = size.objects = 0;
  const ModelNeeds needs = model.needs();
  const at::TensorOptions options = model.parameters().front().options();
  Truth truth;
  truth.labels = at::zeros({0, needs.classes}, options);
  return model.Loss(MakeInput(size, needs, options), truth, loss);
}

}  // namespace mrsn::experiments
