// Writes and reads the command line of //datasets:compute_flow.
#ifndef MRSN_DATASETS_FLOW_COMMAND_H_
#define MRSN_DATASETS_FLOW_COMMAND_H_

#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/flow/stored_flow.h"

namespace mrsn::datasets {

// The command, for a shell in the workspace, that makes the flow of one split's videos. `root` may be
// relative to the current folder; "" leaves the flag out.
std::string FlowCommand(const DatasetConfig& config, const std::string& split, FlowMethod method,
                        const std::string& root);

// The value of --dataset: "ucf24", or the message in text format, 'ucf24 { annotations: "b.csv" }'.
// The error names the flag's value and all data sets.
absl::StatusOr<DatasetConfig> ParseDatasetFlag(const std::string& flag);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_COMMAND_H_
