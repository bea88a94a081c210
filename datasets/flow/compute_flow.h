// Computes flow and writes the folders that stored_flow.h reads.
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
#include "datasets/video_media.h"

namespace mrsn::datasets {

// Computes and writes the flow of a video file or folder of frames. Returns false if a complete flow folder
// exists already. The flow is written to <flow folder>.tmp, which is renamed when complete, so that an
// interrupted run never counts. Leftovers of an interrupted run are replaced, and so is a flow folder that
// CheckFlowFolder refuses. `frame_done` is called after every frame. Errors name the video or the file;
// Aborted: another process is making the same flow.
absl::StatusOr<bool> ComputeFlow(const VideoMedia& video, FlowMethod method, FlowEstimator& estimator,
                                 const std::function<void()>& frame_done);

struct FlowReport {
  int64_t computed = 0;                                      // videos
  int64_t skipped = 0;                                       // videos with a complete flow folder
  std::vector<std::pair<std::string, absl::Status>> failed;  // video and why, in the order given
};

// Runs ComputeFlow for each video, `threads` at a time, with a progress bar on standard error. A video that
// fails does not stop the others. The only error is that of MakeFlowEstimator.
absl::StatusOr<FlowReport> ComputeFlows(const std::vector<VideoMedia>& videos, FlowMethod method,
                                        int threads);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_COMPUTE_FLOW_H_
