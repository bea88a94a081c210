// Makes the folders of stored_flow.h.
#ifndef MRSN_DATASETS_FLOW_COMPUTE_FLOW_H_
#define MRSN_DATASETS_FLOW_COMPUTE_FLOW_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/flow/flow_estimator.h"
#include "datasets/flow/stored_flow.h"

namespace mrsn::datasets {

// Computes and writes the flow of a video file or folder of frames, unless a complete one is there
// already; false then. It is written as <flow folder>.tmp and renamed when complete, so that one
// which was interrupted never counts; what an interrupted run left there, and a flow folder that
// CheckFlowFolder refuses, is replaced. `frame_done` is called after every frame. Errors name the
// video or the file; Aborted: another process is just making it.
absl::StatusOr<bool> ComputeFlow(const std::string& video, FlowMethod method, FlowEstimator& estimator,
                                 const std::function<void()>& frame_done);

struct FlowReport {
  int64_t computed = 0;                                      // videos
  int64_t skipped = 0;                                       // were complete
  std::vector<std::pair<std::string, absl::Status>> failed;  // video and why, in the order given
};

// ComputeFlow for each video, `threads` at a time, with a progress bar on standard error. A video
// that fails does not stop the others. Error: what MakeFlowEstimator reports.
absl::StatusOr<FlowReport> ComputeFlows(const std::vector<std::string>& videos, FlowMethod method,
                                        int threads);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_COMPUTE_FLOW_H_
