// Evaluates a trained detector: detections on disk and frame-mAP.
#ifndef MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_
#define MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "datasets/dataset.h"
#include "datasets/unreadable.h"
#include "experiments/engine/detector_input.h"
#include "experiments/eval_config.pb.h"
#include "experiments/result.pb.h"
#include "experiments/train_config.pb.h"
#include "mrsn/detector.h"
#include "ops/device/arithmetic.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct EvaluationOptions {
  std::string title;  // before the progress bar
  TrainConfig::Loss loss = TrainConfig::BCE;
  Arithmetic arithmetic;  // as InferenceOptions::arithmetic
  EvalConfig config;      // protocol and IoU threshold
  int workers = 0;        // as InferenceOptions::workers
  // kSkipAndCount: nobody is found in clips that cannot be read, and the persons annotated there are missed.
  datasets::Unreadable unreadable;
  // CSV of every box × class, in the data set's own layout; "" = none.
  std::string detections_path;
  // CSV of the ground truth that was counted, in the same layout; "" = none. //eval:frame_map gives the same
  // value for the two files.
  std::string ground_truth_path;
  // Names everything that decides about the scores: weights, data, config. An evaluation that was stopped
  // then leaves its scores in the folder <detections_path>.parts, and one of the same identity goes on with
  // them; the result is the same. "" = it begins anew.
  std::string identity;
  absl::Duration keep_every = absl::Seconds(30);  // scores of a longer time are never lost
  // Completes the result and writes it. Rank 0 calls it when everything is measured. The kept scores go only
  // after it has returned OK: when it fails (no space), the next evaluation of the same identity begins with
  // all scores. Empty: they go when the detections are on the disk.
  std::function<absl::Status(Result*)> write_result;
  ProcessGroup* group = &OneProcess();  // the processes that run the detector
};

// Runs the detector over the data set, writes the detections and evaluates
// them. Fills the measured fields of the result (protocol, frame-mAP in [0,1], per
// class, by kind, clips that could not be read), nothing about the run. A stop signal
// (ops/base/stop_signal.h) ends it with the error of Stopped(). Every process of the group calls it;
// rank 0 evaluates and writes, and the others get an empty result. After an error of writing, what was at
// `detections_path` and the kept scores are still there.
absl::StatusOr<Result> Evaluate(const EvaluationOptions& options, const datasets::Dataset& dataset,
                                const BankWindows& bank, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_
