// What a run is made of: opening it gives its data sets, its model and the weights it
// starts from, and says what is missing. The preflight prints it, the run uses it.
//
//   MRSN_ASSIGN_OR_RETURN(const OpenedRuns opened, Open({"micro/acre", "", "", 0}, settings));
//   MRSN_RETURN_IF_ERROR(opened.AllThere());
//   opened.asked->train_data->size();
#ifndef MRSN_EXPERIMENTS_RUN_OPENED_RUN_H_
#define MRSN_EXPERIMENTS_RUN_OPENED_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/run_settings.h"

namespace mrsn {
class Detector;
}  // namespace mrsn

namespace mrsn::experiments {

struct ShippedWeights;  // this and Detector are declared only: their headers bring LibTorch

// One run of the graph, opened. A member is null where the run has no such thing and
// where OpenedRuns::needs says that it is missing.
struct OpenedRun {
  std::shared_ptr<const RunNode> node;

  // The run's weights came with the program: it is not trained, and nothing below is opened.
  std::shared_ptr<const ShippedWeights> shipped;

  // Runs that read the same data share the data set.
  std::shared_ptr<const datasets::Dataset> train_data;
  std::shared_ptr<const datasets::Dataset> eval_data;  // only of the run that was asked for
  std::shared_ptr<const datasets::Dataset>
      bank_boxes;  // the training videos, for the bank that training reads

  // With the seed's random weights, or the pretrained backbone's where the config names one. On the
  // meta device, without weights, if a data set is missing: then nothing can be trained.
  std::shared_ptr<Detector> model;
  std::string pretrained_sha256;  // of the file Inputs::pretrained_backbone names

  std::shared_ptr<OpenedRun> initial;  // gives the initial backbone
  std::shared_ptr<OpenedRun>
      bank_writer;  // writes the relation bank, where the model reads one of another run
};

// One thing a run reads, or one setting of model and data that must agree.
struct Need {
  std::string what;    // "ava22/mrsn_s_r50: train_data"
  absl::Status state;  // why it cannot be used, and how to make it
  std::string found;   // if it can: "157,000 clips"
};

struct OpenedRuns {
  std::shared_ptr<OpenedRun> asked;
  std::vector<Need> needs;  // of the asked run, then of the runs it starts from

  // FailedPrecondition naming everything that is missing, one line each.
  absl::Status AllThere() const;
};

// Opens the run and, once each, the runs it needs. An error only for shipped weights that cannot be
// read; everything else that is wrong is a need.
absl::StatusOr<OpenedRuns> Open(std::shared_ptr<const RunNode> node, const RunSettings& settings);

// Resolves the configs first; their errors are returned.
absl::StatusOr<OpenedRuns> Open(const RunRequest& request, const RunSettings& settings);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_OPENED_RUN_H_
