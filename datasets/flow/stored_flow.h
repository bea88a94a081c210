// Optical flow stored beside a video:
//
//   v_A.avi
//   v_A.avi.flow_dis/flow.textproto    FlowInfo
//   v_A.avi.flow_dis/000001.png ...    motion from frame 1 to frame 2, and so on; the last frame's
//                                      repeats the one before it, a video of one frame stands still
//
// 8-bit RGB PNGs of the video's size, R = motion to the right, G = motion downwards, B = 0, as
// value = round((clamp(v, -bound, bound) / bound + 1) * 127.5), v in pixels of the video: the
// clipping to [-20, 20] of I3D (Carreira and Zisserman, "Quo Vadis, Action Recognition?", 2017).
#ifndef MRSN_DATASETS_FLOW_STORED_FLOW_H_
#define MRSN_DATASETS_FLOW_STORED_FLOW_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/flow/flow_info.pb.h"
#include "datasets/video_frames.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

enum class FlowMethod {
  kDis,   // dense inverse search (Kroeger et al. 2016), OpenCV's medium preset
  kTvl1,  // duality-based TV-L1 (Zach et al. 2007), OpenCV's defaults
};

constexpr float kFlowBound = 20;  // pixels

// "dis", "tvl1": in folder names, flow.textproto and on the command line.
std::string FlowMethodName(FlowMethod method);
absl::StatusOr<FlowMethod> FlowMethodNamed(absl::string_view name);

// CV_32FC2 (x, y) in pixels to CV_8UC3 (R, G, B) and back to CV_32FC2 in units of the bound,
// [-1, 1]. No motion becomes 128, which is read as 1 / 255.
cv::Mat EncodeFlow(const cv::Mat& flow);
cv::Mat DecodeFlow(const cv::Mat& rgb);

// <video>.flow_<method>; `video` is a file or a folder of frames.
std::string FlowFolder(const std::string& video, FlowMethod method);
std::string FlowInfoPath(const std::string& flow_folder);
FrameFolder FlowImages(const std::string& flow_folder);

// Checks that every PNG exists and returns the contents of flow.textproto. The error names the folder or file
// that is missing or was made with another method or bound. The PNGs are not opened.
absl::StatusOr<FlowInfo> CheckFlowFolder(const std::string& flow_folder, FlowMethod method);

// Frame `number` (from 0), decoded by DecodeFlow. A size other than that of `info` is an error.
absl::StatusOr<cv::Mat> ReadFlow(const std::string& flow_folder, const FlowInfo& info, int64_t number);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_FLOW_STORED_FLOW_H_
