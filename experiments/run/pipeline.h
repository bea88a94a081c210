// One experiment from its name to its result: what it needs first (pretrained
// weights, relation bank), training, evaluation, the result file. Whatever exists
// already and belongs to exactly this run is used, never made again.
//
//   <output>/runs/<experiment>/seed<k>-<identity>/checkpoint.safetensors  while training
//                                                 weights.safetensors     when trained
//                                                 train.jsonl             loss and rate
//                                                 bank-<data>/            relation banks written by it
//                                                 detections.csv          AVA layout
//   <output>/results/<experiment>/seed<k>.textproto
//
// <identity> hashes the resolved config, the seed, the data and the inputs' weights:
// a changed config trains in a folder of its own and overwrites nothing.
#ifndef MRSN_EXPERIMENTS_RUN_PIPELINE_H_
#define MRSN_EXPERIMENTS_RUN_PIPELINE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

struct PipelineOptions {
  std::string configs_root;      // folder of <experiment>.textproto
  std::string checkpoints_root;  // folder of trained weights that came with the program; "" = none
  std::string output_root;
  std::string data_root;  // "" = embedded or generated data
  // A delta on the experiment's config; makes the result unofficial.
  std::string override_text;
  // What results and the run's folder are called; the experiment's name if empty, and
  // with an override that name and the changed config's fingerprint.
  std::string label;
  uint64_t seed = 0;
  int threads = 1;  // of one LibTorch operation
};

// With the configs and checkpoints that came with the program; `output_root` as the
// user gave it, "" = DefaultOutputRoot().
PipelineOptions DefaultOptions(const std::string& output_root);

// Trains if need be, evaluates, writes and returns the result.
absl::StatusOr<Result> RunExperiment(const std::string& name, const PipelineOptions& options);

// Trains if need be and writes the experiment's weights, with what they were trained
// on, to `path`: how the checkpoints that come with the program are made.
absl::Status ExportWeights(const std::string& name, const PipelineOptions& options, const std::string& path);

// Whether weights trained with exactly this config and seed 0 came with the program.
absl::StatusOr<bool> HasShippedWeights(const std::string& name, const PipelineOptions& options);

// Where RunExperiment leaves the result of `label`, "<experiment>" or PipelineOptions::label.
std::string ResultPath(const std::string& output_root, const std::string& label, uint64_t seed);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_PIPELINE_H_
