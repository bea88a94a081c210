// The plan of a training: steps, memory, disk and time, worked out before it begins.
#ifndef MRSN_EXPERIMENTS_PLAN_TRAINING_PLAN_H_
#define MRSN_EXPERIMENTS_PLAN_TRAINING_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mrsn::experiments {

// A fact and where it comes from, or the reason why nobody knows it.
struct Fact {
  std::optional<double> value;
  std::string origin;
};
Fact Known(double value, std::string origin);
Fact Unknown(std::string reason);

// Of the data that one use of an experiment reads.
struct DataFacts {
  Fact clips;    // key frames
  Fact bytes;    // that reading one clip takes from files
  Fact persons;  // in one clip
};

// Everything that the plan follows from.
struct PlanFacts {
  int devices = 1;  // that share each batch
  // Of the experiment.
  int64_t batch_size = 0;  // clips, of all devices
  int64_t accumulate = 1;
  double epochs = 0;
  bool validates = false;  // during training, so that the best weights are kept
  // Of the model, in values of 4 bytes.
  int64_t parameters = 0;
  int64_t trained = 0;                           // parameters with a gradient
  int64_t buffers = 0;                           // running statistics of norms
  double input_bytes = 0, activation_bytes = 0;  // of one clip on the device, in training
  double weight_copy_bytes = 0;                  // of weights in a narrower type, for the backward pass
  std::string precision = "float32";             // as PrecisionName (experiments/config/computation.h)
  std::string clip;                              // for which those hold: "8x256x256, 3 persons"
  // Of the bank that the model reads; 0: none.
  int64_t bank_width = 0;
  bool own_memory = false;  // it is written while training, into the checkpoints
  DataFacts training;
  DataFacts training_bank, evaluation_bank;  // of the banks' persons; their bytes are not used
  Fact clips_per_second;                     // of all devices together, in training
};

// A line of the plan.
struct PlanRow {
  std::string key;    // in JSON: "device_bytes"
  std::string label;  // on the screen: "memory of a device"
  std::string unit;   // "steps", "bytes", "bytes/s", "seconds", "clips", "clips/s"
  Fact fact;          // `origin`: the formula or the measurement, or why the value is unknown
};

// InvalidArgument if the devices cannot share the batch equally.
//
//   steps        whole batches of the epochs, as the trainer counts them
//   memory       weights and buffers, their gradients and momenta in float32, copies of weights in bfloat16
//   or
//                float16 where a training computes in it, then input and activations of the clips that a
//                device computes at once
//   checkpoints  two are kept while a third is written; each holds weights, buffers and momenta. Beside them
//   the
//                weights of the finished training, and the best ones if the training validates
//   banks        LMDB's pages of 4 KiB, an entry for every key frame (mrsn/bank/bank_size.h)
//   seconds      clips of all steps over clips/s
absl::StatusOr<std::vector<PlanRow>> PlanTraining(const PlanFacts& facts);

// "2.5 GB", "3.2 hours", "1250"; "unknown".
std::string ValueText(const PlanRow& row);

// A table for the terminal.
std::string PlanText(const std::vector<PlanRow>& plan);

// {"experiment": ..., "devices": 8, "steps": {"value": 1250, "unit": "steps", "from": "..."},
//  "seconds": {"value": null, "unit": "seconds", "unknown": "..."}, ...}
std::string PlanJson(const std::string& experiment, int devices, const std::vector<PlanRow>& plan);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PLAN_TRAINING_PLAN_H_
