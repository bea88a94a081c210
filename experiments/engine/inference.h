// Runs a trained detector over a data set: scores for the evaluator, features for the bank.
#ifndef MRSN_EXPERIMENTS_ENGINE_INFERENCE_H_
#define MRSN_EXPERIMENTS_ENGINE_INFERENCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datasets/dataset.h"
#include "datasets/loader.h"
#include "datasets/unreadable.h"
#include "experiments/engine/detector_input.h"
#include "experiments/train_config.pb.h"
#include "mrsn/detector.h"
#include "ops/device/arithmetic.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct InferenceOptions {
  std::string title;  // before the progress bar
  int batch_size = 16;
  int workers = 0;          // threads that read clips; 0: datasets::DefaultWorkers(). Changes no number.
  int64_t first_batch = 0;  // batches before it are left out: an interrupted run goes on
  TrainConfig::Loss loss =
      TrainConfig::BCE;                  // BCE: scores are sigmoids; SOFTMAX: a distribution over classes
  Arithmetic arithmetic = {};            // of the model's pass
  datasets::Unreadable unreadable = {};  // kSkipAndCount: clips that cannot be read are named on stderr
  std::function<void(const datasets::SkippedClip&)> on_skip = {};  // is called for each of these
  // The processes that share the batches; every one calls Infer with the same options.
  ProcessGroup* group = &OneProcess();
};

// What one batch gave; tensors on the CPU, contiguous, float32 and int64.
struct Scored {
  const std::vector<Keyframe>& keyframes;  // of each clip
  Detections found;
};

// Every clip of the data set that can be read, from options.first_batch on, once and in order, without
// gradients, BN and dropout in evaluation mode. Clips of different frame size are never in one batch, so that
// none is padded: boxes are of the clip's own frame. `consume` is called batch by batch; its error ends the
// run, and so does a stop signal (ops/base/stop_signal.h), with the error of Stopped().
//
// In a group of several processes each computes every size-th batch. Rank 0 consumes all of them, and is
// told of all clips left out, in the same order and with the same numbers as a single process; the others
// consume nothing.
absl::Status Infer(const InferenceOptions& options, const datasets::Dataset& dataset, const BankWindows& bank,
                   Detector& model, const std::function<absl::Status(const Scored&)>& consume);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_INFERENCE_H_
