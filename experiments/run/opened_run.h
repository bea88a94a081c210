// Opens the parts of a run: its data sets, its model and its initial weights; and lists the missing ones. The
// preflight prints the opened run, the run uses it.
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
#include "datasets/dataset_config.pb.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/run_settings.h"

namespace mrsn {
class Detector;
}  // namespace mrsn

namespace mrsn::experiments {

struct ShippedWeights;  // this and Detector are declared only: their headers bring LibTorch

// The data of OpenedRun::bank_boxes: the training videos with the detector's boxes.
DatasetConfig BankBoxesConfig(const DatasetConfig& train_data);

// One opened run of the graph. A member is null if the run has no such part, or if OpenedRuns::needs says
// that the part is missing.
struct OpenedRun {
  std::shared_ptr<const RunNode> node;

  // The run's weights came with the program: it is not trained, and nothing below is opened.
  std::shared_ptr<const ShippedWeights> shipped;

  // Runs that read the same data share the data set.
  std::shared_ptr<const datasets::Dataset> train_data;  // null if opened for an evaluation
  std::shared_ptr<const datasets::Dataset> eval_data;   // only of the run that was asked for
  std::shared_ptr<const datasets::Dataset>
      bank_boxes;  // the training videos, for the bank that training reads
  // The evaluated videos, for the bank that evaluation reads; only of the run that was asked for.
  std::shared_ptr<const datasets::Dataset> eval_bank_boxes;

  // Has the seed's random weights, or those of the pretrained backbone if the config names one. If a data set
  // is missing, nothing can be trained, and the model is on the meta device, without weights.
  std::shared_ptr<Detector> model;
  std::string pretrained_sha256;  // of the file that Inputs::pretrained_backbone names

  std::shared_ptr<OpenedRun> initial;  // gives the initial backbone
  std::shared_ptr<OpenedRun>
      bank_writer;  // writes the relation bank if the model reads the bank of another run
};

// One input of a run, or one setting in which model and data must agree.
struct Need {
  std::string what;    // "ava22/mrsn_s_r50: train_data"
  absl::Status state;  // an error says why it cannot be used and how to make it
  std::string found;   // if state is ok: "157,000 clips"
};

struct OpenedRuns {
  std::shared_ptr<OpenedRun> asked;
  std::vector<Need> needs;  // of the asked run, then of the runs it starts from

  // FailedPrecondition naming everything that is missing, one line each.
  absl::Status AllThere() const;
};

// Opens the run and, once each, the runs that it needs. The only errors are a device that is not there and
// shipped weights that cannot be read; every other fault is a need.
absl::StatusOr<OpenedRuns> Open(std::shared_ptr<const RunNode> node, const RunSettings& settings);

// Resolves the configs first; their errors are returned.
absl::StatusOr<OpenedRuns> Open(const RunRequest& request, const RunSettings& settings);

// Opens what the evaluation of given weights reads: eval_data, eval_bank_boxes, and the model with the seed's
// random weights. No training data and no other run is opened.
absl::StatusOr<OpenedRuns> OpenForEvaluation(const RunRequest& request, const RunSettings& settings);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_OPENED_RUN_H_
