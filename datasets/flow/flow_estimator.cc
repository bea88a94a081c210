#include "datasets/flow/flow_estimator.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/video/tracking.hpp"
#ifdef MRSN_TVL1
#include "opencv2/optflow.hpp"
#endif

namespace mrsn::datasets {
namespace {

class OpenCvFlow : public FlowEstimator {
 public:
  explicit OpenCvFlow(cv::Ptr<cv::DenseOpticalFlow> algorithm) : algorithm_(std::move(algorithm)) {}

  absl::StatusOr<cv::Mat> Estimate(const cv::Mat& from, const cv::Mat& to) override {
    if (from.size() != to.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("frames of ", from.cols, "x", from.rows, " and ", to.cols, "x", to.rows));
    }
    cv::Mat flow;
    try {
      cv::cvtColor(from, from_luma_, cv::COLOR_RGB2GRAY);
      cv::cvtColor(to, to_luma_, cv::COLOR_RGB2GRAY);
      algorithm_->calc(from_luma_, to_luma_, flow);
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(
          absl::StrCat("no flow of ", from.cols, "x", from.rows, " frames: ", error.err));
    }
    if (flow.type() != CV_32FC2 || flow.size() != from.size() || !cv::checkRange(flow)) {
      return absl::InternalError("the flow is not finite");
    }
    return flow;
  }

 private:
  const cv::Ptr<cv::DenseOpticalFlow> algorithm_;
  cv::Mat from_luma_, to_luma_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FlowEstimator>> MakeFlowEstimator(FlowMethod method) {
  // DIS gives each thread a stripe of the image and spreads no motion across their borders.
  cv::setNumThreads(1);
  switch (method) {
    case FlowMethod::kDis:
      return std::make_unique<OpenCvFlow>(cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM));
    case FlowMethod::kTvl1:
#ifdef MRSN_TVL1
      return std::make_unique<OpenCvFlow>(cv::optflow::DualTVL1OpticalFlow::create());
#else
      return absl::UnimplementedError(
          "this program was built without TV-L1; build it with --config=tvl1 (./bazelw run --config=tvl1 "
          "//datasets:compute_flow -- ...), which needs OpenCV's contrib modules");
#endif
  }
  return absl::InternalError("unreachable");
}

}  // namespace mrsn::datasets
