// The command line of //datasets:compute_flow, as errors print it and as it is read.
#ifndef MRSN_DATASETS_FLOW_COMMAND_H_
#define MRSN_DATASETS_FLOW_COMMAND_H_

#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/flow/stored_flow.h"

namespace mrsn::datasets {

// For a shell in the workspace; makes the flow of the videos of one split. `root` may be relative
// to the current folder; "" leaves the flag out.
std::string FlowCommand(const DatasetConfig& config, const std::string& split, FlowMethod method,
                        const std::string& root);

// The value of --dataset: "ucf24", or the message in text format, 'ucf24 { annotations: "b.csv" }'.
// The error names the flag's value and the data sets there are.
absl::StatusOr<DatasetConfig> ParseDatasetFlag(const std::string& flag);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_COMMAND_H_
