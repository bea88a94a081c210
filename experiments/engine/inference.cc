#include "experiments/engine/inference.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/collate.h"
#include "datasets/loader.h"
#include "experiments/engine/size_groups.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
absl::Status Infer(const InferenceOptions& options, const datasets::Dataset& dataset, const BankWindows& bank,
                   Detector& model, const std::function<absl::Status(const Scored&)>& consume) {
  at::NoGradGuard no_grad;
  at::manual_seed(0);  // for what draws in evaluation because it is asked to
  model.eval();
  datasets::LoaderOptions loading;
  loading.batch_size = options.batch_size;
  loading.workers = options.workers;
  loading.shuffle = false;
  loading.drop_last = false;
  loading.first_batch = options.first_batch;
  loading.unreadable = options.unreadable;
  loading.on_skip = [&](const datasets::SkippedClip& clip) {
    std::fprintf(stderr, "\n%s: left out, cannot be read: %s second %d: %s\n", options.title.c_str(),
                 clip.keyframe.video.c_str(), clip.keyframe.timestamp,
                 std::string(clip.reason.message()).c_str());
    if (options.on_skip) options.on_skip(clip);
  };
  datasets::Loader loader(dataset, loading);
  const int64_t earlier = std::min(dataset.size(), options.first_batch * options.batch_size);
  ProgressBar bar(options.title, dataset.size(), "clips", earlier);
  int64_t done = earlier;  // clips, left out ones included
  while (done < dataset.size()) {
    const int64_t skipped = loader.skipped();
    MRSN_ASSIGN_OR_RETURN(std::vector<datasets::Sample> samples, loader.Next());
    done += samples.size() + loader.skipped() - skipped;
    for (const std::vector<datasets::Sample>& run : RunsOfOneSize(std::move(samples))) {
      const datasets::ClipBatch batch = datasets::Collate(run, dataset.classes().size());
      MRSN_ASSIGN_OR_RETURN(const DetectorInput input, InputOf(batch, bank));
      Detections found = model.Detect(input, ClassLossOf(options.loss));
      if (batch.reported.defined() && model.takes_boxes()) found.boxes = batch.reported;
      for (at::Tensor* tensor : {&found.boxes, &found.scores, &found.G, &found.clip_index, &found.memory}) {
        if (tensor->defined()) *tensor = tensor->contiguous();
      }
      MRSN_RETURN_IF_ERROR(consume({batch.keyframes, std::move(found)}));
    }
    bar.Update(done, done - earlier, "");
  }
  bar.Finish();
  return absl::OkStatus();
}

}  // namespace mrsn::experiments
