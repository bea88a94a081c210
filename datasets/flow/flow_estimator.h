// Dense optical flow between two frames.
#ifndef MRSN_DATASETS_FLOW_FLOW_ESTIMATOR_H_
#define MRSN_DATASETS_FLOW_FLOW_ESTIMATOR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "datasets/flow/stored_flow.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// Not thread-safe: one for each thread.
class FlowEstimator {
 public:
  virtual ~FlowEstimator() = default;
  // CV_32FC2 (x, y) in pixels, to the right and downwards: a point at p in `from` is at p + flow(p) in `to`.
  // Frames are CV_8UC3 RGB of one size; their luma is compared. Errors: frames of different sizes or too
  // small (DIS needs 12 pixels), a result that is not finite.
  virtual absl::StatusOr<cv::Mat> Estimate(const cv::Mat& from, const cv::Mat& to) = 0;
};

// TV-L1 is in OpenCV's contrib module. A program built without --config=tvl1 returns Unimplemented with the
// command that builds TV-L1 in. Sets OpenCV's number of threads to one for the whole process, because the
// values of DIS depend on that number.
absl::StatusOr<std::unique_ptr<FlowEstimator>> MakeFlowEstimator(FlowMethod method);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_FLOW_ESTIMATOR_H_
