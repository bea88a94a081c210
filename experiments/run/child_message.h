// The message from a program that starts runs as child processes to each of them.
#ifndef MRSN_EXPERIMENTS_RUN_CHILD_MESSAGE_H_
#define MRSN_EXPERIMENTS_RUN_CHILD_MESSAGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/run_settings.h"

namespace mrsn::experiments {

// All that a child needs to know.
struct ChildMessage {
  RunRequest request;
  RunSettings settings;
};

// A ChildRun (child_run.proto) in text format.
absl::Status WriteChildMessage(const std::string& path, const ChildMessage& message);

// Errors name file, line and field; a message without an experiment is one.
absl::StatusOr<ChildMessage> ReadChildMessage(const std::string& path);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_CHILD_MESSAGE_H_
