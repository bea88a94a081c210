#include "experiments/engine/inference.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "datasets/collate.h"
#include "datasets/loader.h"
#include "experiments/engine/dealt_batches.h"
#include "experiments/engine/scored_bytes.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"
#include "ops/device/move_together.h"

namespace mrsn::experiments {
namespace {

// The clips of one batch, those of each size of frame by themselves.
absl::StatusOr<std::vector<FoundInClips>> Detect(const InferenceOptions& options,
                                                 std::vector<datasets::Sample> samples, int64_t classes,
                                                 const BankWindows& bank, Detector& model) {
  std::vector<FoundInClips> all;
  for (const std::vector<datasets::Sample>& run : RunsOfOneSize(std::move(samples))) {
    const datasets::ClipBatch batch = datasets::Collate(run, classes);
    MRSN_ASSIGN_OR_RETURN(const LongTermWindow window, WindowsOf(bank, batch.keyframes));
    Detections found;
    {
      const Autocast autocast(DeviceOf(model).type(), options.arithmetic.type);
      found = model.Detect(ModelBatchOf(batch, window, model).input, ClassLossOf(options.loss));
    }
    for (at::Tensor* numbers : {&found.scores, &found.G, &found.memory}) {
      if (numbers->defined()) *numbers = numbers->to(at::kFloat);
    }
    if (model.needs().boxes) {
      found.boxes = batch.reported.defined() ? batch.reported : batch.boxes;
      found.clip_index = batch.clip_index;
    }
    const std::vector<at::Tensor*> results = {&found.boxes, &found.scores, &found.G, &found.clip_index,
                                              &found.memory};
    FetchTogether(results);
    for (at::Tensor* tensor : results) {
      if (tensor->defined()) *tensor = tensor->contiguous();
    }
    all.push_back({batch.keyframes, std::move(found)});
  }
  return all;
}

absl::Status HandOver(const InferenceOptions& options, const FoundByRank& found,
                      const std::function<absl::Status(const Scored&)>& consume) {
  for (const datasets::SkippedClip& clip : found.skipped) {
    if (options.on_skip) options.on_skip(clip);
  }
  for (const FoundInClips& clips : found.clips) {
    MRSN_RETURN_IF_ERROR(consume({clips.keyframes, clips.found}));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Infer(const InferenceOptions& options, const datasets::Dataset& dataset, const BankWindows& bank,
                   Detector& model, const std::function<absl::Status(const Scored&)>& consume) {
  CatchStopSignals();
  const MathSettings settings(options.arithmetic);
  at::NoGradGuard no_grad;
  at::manual_seed(0);  // for what draws in evaluation because it is asked to
  model.eval();
  ProcessGroup& group = *options.group;
  const DealtBatches own(dataset, options.batch_size, options.first_batch, group.rank(), group.size());
  datasets::LoaderOptions loading;
  loading.batch_size = options.batch_size;
  loading.workers = options.workers;
  loading.shuffle = false;
  loading.drop_last = false;
  loading.unreadable = options.unreadable;
  FoundByRank found;  // in the batch
  loading.on_skip = [&](const datasets::SkippedClip& clip) {
    std::fprintf(stderr, "\n%s: left out, cannot be read: %s second %s: %s\n", options.title.c_str(),
                 clip.keyframe.video.c_str(), clip.keyframe.timestamp.Text().c_str(),
                 std::string(clip.reason.message()).c_str());
    found.skipped.push_back(clip);
    // The number in the whole data set.
    found.skipped.back().batch = options.first_batch + group.rank() + clip.batch * group.size();
  };
  datasets::Loader loader(own, loading);
  const int64_t earlier = std::min(dataset.size(), options.first_batch * options.batch_size);
  ProgressBar bar(options.title, dataset.size(), "clips", earlier);
  int64_t own_done = 0;    // clips that this rank has done, left out ones included
  int64_t done = earlier;  // that all ranks have done
  while (done < dataset.size()) {
    MRSN_ASSIGN_OR_RETURN(const bool stop, group.Ask(StopSignal() != 0));
    if (stop) {
      return Stopped(absl::StrFormat("%s: %d of %d clips are done; the same command goes on", options.title,
                                     done, dataset.size()));
    }
    found = {};
    if (own_done < own.size()) {
      MRSN_ASSIGN_OR_RETURN(std::vector<datasets::Sample> samples, loader.Next());
      own_done += samples.size() + found.skipped.size();
      MRSN_ASSIGN_OR_RETURN(found.clips,
                            Detect(options, std::move(samples), dataset.classes().size(), bank, model));
    }
    done = std::min<int64_t>(dataset.size(), done + int64_t{options.batch_size} * group.size());
    if (group.size() == 1) {
      MRSN_RETURN_IF_ERROR(HandOver(options, found, consume));
    } else {
      MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> all, group.GatherToFirst(BytesOf(found)));
      for (const std::string& of_rank : all) {
        MRSN_ASSIGN_OR_RETURN(const FoundByRank received, FoundFromBytes(of_rank));
        MRSN_RETURN_IF_ERROR(HandOver(options, received, consume));
      }
    }
    if (group.first()) bar.Update(done, done - earlier, "");
  }
  if (group.first()) bar.Finish();
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
