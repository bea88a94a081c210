#include "datasets/flow/compute_flow.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "datasets/media/temporary_folder.h"
#include "datasets/video_frames.h"
#include "google/protobuf/text_format.h"
#include "opencv2/core/version.hpp"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/base/file.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// The PNG file of a flow (pixels).
absl::StatusOr<std::vector<uchar>> EncodePng(const cv::Mat& flow) {
  cv::Mat bgr;
  cv::cvtColor(EncodeFlow(flow), bgr, cv::COLOR_RGB2BGR);
  std::vector<uchar> png;
  if (!cv::imencode(".png", bgr, png)) return absl::InternalError("cannot encode a PNG");
  return png;
}

// The file needs no temporary name, because the folder has one.
absl::Status WriteBytes(const std::string& path, const std::vector<uchar>& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot write ", bytes.size(), " bytes"));
  return absl::OkStatus();
}

absl::Status WriteFlow(const VideoFrames& frames, FlowMethod method, FlowEstimator& estimator,
                       const std::function<void()>& frame_done, const std::string& folder) {
  const FrameFolder images = FlowImages(folder);
  MRSN_ASSIGN_OR_RETURN(cv::Mat frame, frames.ReadOne(0));
  const cv::Size size = frame.size();
  MRSN_ASSIGN_OR_RETURN(std::vector<uchar> png, EncodePng(cv::Mat::zeros(size, CV_32FC2)));
  for (int64_t number = 0; number < frames.count; ++number) {
    if (number + 1 < frames.count) {
      MRSN_ASSIGN_OR_RETURN(cv::Mat next, frames.ReadOne(number + 1));
      const absl::StatusOr<cv::Mat> flow = estimator.Estimate(frame, next);
      if (!flow.ok()) {
        return absl::Status(flow.status().code(),
                            absl::StrCat("frame ", number + 1, ": ", flow.status().message()));
      }
      MRSN_ASSIGN_OR_RETURN(png, EncodePng(*flow));
      frame = std::move(next);
    }
    MRSN_RETURN_IF_ERROR(WriteBytes(images.PathOf(number), png));
    frame_done();
  }
  FlowInfo info;
  info.set_method(FlowMethodName(method));
  info.set_bound(kFlowBound);
  info.set_opencv(CV_VERSION);
  info.set_frames(static_cast<int>(frames.count));
  info.set_width(size.width);
  info.set_height(size.height);
  std::string text;
  google::protobuf::TextFormat::PrintToString(info, &text);
  return WriteFileAtomically(FlowInfoPath(folder),
                             absl::StrCat("# proto-file: datasets/flow/flow_info.proto\n"
                                          "# proto-message: mrsn.FlowInfo\n",
                                          text));
}

}  // namespace

absl::StatusOr<bool> ComputeFlow(const VideoMedia& media, FlowMethod method, FlowEstimator& estimator,
                                 const std::function<void()>& frame_done) {
  const std::string& video = media.path;
  const std::string folder = FlowFolder(video, method);
  if (CheckFlowFolder(folder, method).ok()) return false;
  MRSN_ASSIGN_OR_RETURN(const VideoFrames frames, OpenFrames(media));
  TemporaryFolder temporary(folder + ".tmp");
  MRSN_RETURN_IF_ERROR(temporary.Take());
  const absl::Status written = WriteFlow(frames, method, estimator, frame_done, temporary.path());
  if (!written.ok()) return absl::Status(written.code(), absl::StrCat(video, ": ", written.message()));
  MRSN_RETURN_IF_ERROR(CheckFlowFolder(temporary.path(), method).status());
  MRSN_RETURN_IF_ERROR(temporary.Rename(folder));
  return true;
}

absl::StatusOr<FlowReport> ComputeFlows(const std::vector<VideoMedia>& videos, FlowMethod method,
                                        int threads) {
  std::vector<std::unique_ptr<FlowEstimator>> estimators;
  for (int i = 0; i < std::max(1, threads); ++i) {
    MRSN_ASSIGN_OR_RETURN(estimators.emplace_back(), MakeFlowEstimator(method));
  }
  FlowReport report;
  std::vector<VideoMedia> missing;
  for (const VideoMedia& video : videos) {
    if (!CheckFlowFolder(FlowFolder(video.path, method), method).ok()) missing.push_back(video);
  }
  report.skipped = static_cast<int64_t>(videos.size() - missing.size());

  std::mutex mutex;  // guards the variables below
  ProgressBar progress(absl::StrCat("compute ", FlowMethodName(method), " flow"), videos.size(), "frames",
                       report.skipped);
  size_t next = 0;
  int64_t done = report.skipped, frames = 0;
  std::vector<std::pair<size_t, absl::Status>> failed;
  const auto work = [&](FlowEstimator& estimator) {
    std::unique_lock<std::mutex> lock(mutex);
    while (next < missing.size()) {
      const size_t index = next++;
      lock.unlock();
      const absl::StatusOr<bool> computed = ComputeFlow(missing[index], method, estimator, [&] {
        std::lock_guard<std::mutex> counting(mutex);
        progress.Update(done, ++frames, "");
      });
      lock.lock();
      if (!computed.ok()) {
        failed.emplace_back(index, computed.status());
      } else {
        ++(*computed ? report.computed : report.skipped);
      }
      progress.Update(++done, frames, failed.empty() ? "" : absl::StrCat(failed.size(), " failed"));
    }
  };
  std::vector<std::thread> workers;
  for (const auto& estimator : estimators) workers.emplace_back([&] { work(*estimator); });
  for (std::thread& worker : workers) worker.join();
  progress.Finish();
  std::sort(failed.begin(), failed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [index, status] : failed) report.failed.emplace_back(missing[index].path, std::move(status));
  return report;
}

}  // namespace mrsn::datasets
