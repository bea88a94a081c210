#include "datasets/flow/stored_flow.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/parse_text.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

absl::StatusOr<FlowInfo> ReadInfo(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  FlowInfo info;
  MRSN_RETURN_IF_ERROR(ParseText(text, path, &info));
  if (info.frames() < 1 || info.width() < 1 || info.height() < 1) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", info.frames(), " frames of ", info.width(),
                                                   "x", info.height(),
                                                   "; frames, width and height must be 1 or more"));
  }
  return info;
}

}  // namespace

std::string FlowMethodName(FlowMethod method) {
  switch (method) {
    case FlowMethod::kDis:
      return "dis";
    case FlowMethod::kTvl1:
      return "tvl1";
  }
  return "";
}

absl::StatusOr<FlowMethod> FlowMethodNamed(absl::string_view name) {
  for (const FlowMethod method : {FlowMethod::kDis, FlowMethod::kTvl1}) {
    if (name == FlowMethodName(method)) return method;
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no flow method; allowed: dis, tvl1"));
}

cv::Mat EncodeFlow(const cv::Mat& flow) {
  CV_Assert(flow.type() == CV_32FC2);
  const auto code = [](float pixels) {
    return static_cast<uint8_t>(
        std::lround((std::clamp(pixels, -kFlowBound, kFlowBound) / kFlowBound + 1) * 127.5f));
  };
  cv::Mat rgb(flow.size(), CV_8UC3);
  for (int y = 0; y < flow.rows; ++y) {
    const auto* from = flow.ptr<cv::Vec2f>(y);
    auto* to = rgb.ptr<cv::Vec3b>(y);
    for (int x = 0; x < flow.cols; ++x) to[x] = cv::Vec3b(code(from[x][0]), code(from[x][1]), 0);
  }
  return rgb;
}

cv::Mat DecodeFlow(const cv::Mat& rgb) {
  CV_Assert(rgb.type() == CV_8UC3);
  cv::Mat flow(rgb.size(), CV_32FC2);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<cv::Vec3b>(y);
    auto* to = flow.ptr<cv::Vec2f>(y);
    for (int x = 0; x < rgb.cols; ++x) to[x] = cv::Vec2f(from[x][0] / 127.5f - 1, from[x][1] / 127.5f - 1);
  }
  return flow;
}

std::string FlowFolder(const std::string& video, FlowMethod method) {
  return absl::StrCat(video, ".flow_", FlowMethodName(method));
}

std::string FlowInfoPath(const std::string& flow_folder) { return flow_folder + "/flow.textproto"; }

FrameFolder FlowImages(const std::string& flow_folder) { return {flow_folder + "/", ".png"}; }

absl::StatusOr<FlowInfo> CheckFlowFolder(const std::string& flow_folder, FlowMethod method) {
  if (!FileExists(flow_folder)) return absl::NotFoundError(absl::StrCat(flow_folder, ": no such folder"));
  const std::string path = FlowInfoPath(flow_folder);
  MRSN_ASSIGN_OR_RETURN(FlowInfo info, ReadInfo(path));
  if (info.method() != FlowMethodName(method)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": method is \"", info.method(), "\", expected \"", FlowMethodName(method), "\""));
  }
  if (info.bound() != kFlowBound) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": bound is ", info.bound(), ", expected ", kFlowBound));
  }
  // One listing instead of one look-up for each file.
  std::set<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(flow_folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".png") names.insert(entry->path().filename().string());
  }
  if (error) return absl::UnavailableError(absl::StrCat(flow_folder, ": ", error.message()));
  const FrameFolder images = FlowImages("");
  for (int64_t number = 0; number < info.frames(); ++number) {
    const std::string name = images.PathOf(number);  // "/000001.png"
    if (names.count(name.substr(1)) == 0) {
      return absl::NotFoundError(absl::StrCat(flow_folder, name, ": missing, of ", info.frames(), " frames"));
    }
  }
  if (names.size() != info.frames()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flow_folder, ": ", names.size(), " PNGs, flow.textproto says ", info.frames()));
  }
  return info;
}

absl::StatusOr<cv::Mat> ReadFlow(const std::string& flow_folder, const FlowInfo& info, int64_t number) {
  const std::string path = FlowImages(flow_folder).PathOf(number);
  MRSN_ASSIGN_OR_RETURN(const cv::Mat rgb, ReadImage(path));
  if (rgb.cols != info.width() || rgb.rows != info.height()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is ", rgb.cols, "x", rgb.rows, ", expected ",
                                                   info.width(), "x", info.height()));
  }
  return DecodeFlow(rgb);
}

}  // namespace mrsn::datasets
