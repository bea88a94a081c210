// From a trained detector to detections on disk and frame-mAP.
#ifndef MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_
#define MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/inference.h"
#include "experiments/experiment.pb.h"
#include "experiments/result.pb.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/detector.h"

namespace mrsn::experiments {

struct EvaluationOptions {
  std::string title;  // before the progress bar
  TrainConfig::Loss loss = TrainConfig::BCE;
  EvalConfig config;            // protocol and IoU threshold
  std::string detections_path;  // CSV of every box × class, in the data set's own layout
};

// Runs the detector over the data set, writes the detections and evaluates
// them. Fills the measured fields of the result (protocol, frame-mAP in [0,1], per
// class, by kind), nothing about the run.
absl::StatusOr<Result> Evaluate(const EvaluationOptions& options, const datasets::Dataset& dataset,
                                const BankWindows& bank, Detector& model);

// Stores `features` [N,g] of the batch's actors (their G, or memory) under their key frames; key frames
// without actors get an empty entry.
absl::Status AddToBank(const Scored& scored, const at::Tensor& features, RelationBankWriter& bank);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_EVALUATION_H_
