// bazel run //datasets:extract_frames -- --root=/data/ava/videos --output=/data/ava/frames --first_second=900
// --seconds=901
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/extract/extract_frames.h"
#include "datasets/media/frame_name.h"
#include "datasets/media/media_files.h"
#include "opencv2/core/utility.hpp"
#include "ops/base/file.h"
#include "ops/base/parallel.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, root, "",
          "Folder of video files, at any depth. A video is named by its path below this folder.");
ABSL_FLAG(std::vector<std::string>, videos, {}, "Names of the videos, separated by commas; empty = all.");
ABSL_FLAG(std::string, output, "", "Folder that gets a folder of images for each video.");
ABSL_FLAG(double, rate, 30, "Frames a second; 0 = every frame of the video, once.");
ABSL_FLAG(std::string, rule, "ffmpeg",
          "ffmpeg: the frames of `ffmpeg -r RATE`; nearest: those of `-vf fps=RATE`.");
ABSL_FLAG(double, first_second, 0, "Where to begin; AVA: 900.");
ABSL_FLAG(double, seconds, 0, "How much of the video; AVA: 901. 0 = to the end.");
ABSL_FLAG(int, short_side, 0, "Frames whose shorter side is longer are scaled down to this; 0 = never.");
ABSL_FLAG(int, jpeg_quality, 95, "1 to 100.");
ABSL_FLAG(std::string, frame_name, "{video}_%06d.jpg", "Name of an image; also .png.");
ABSL_FLAG(int, first_frame, 1, "Number of the first image.");
ABSL_FLAG(int, threads, 0, "Videos at a time; 0 = as many as there are cores.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Writes the frames of videos as images.\n\n"
    "  bazel run //datasets:extract_frames -- --root=/data/ava/videos --output=/data/ava/frames \\\n"
    "      --first_second=900 --seconds=901 --short_side=256\n"
    "  bazel run //datasets:extract_frames -- --root=own/videos --output=own/frames --rate=25 "
    "--frame_name=img_%05d.jpg\n\n"
    "AVA's frames of other projects come from `ffmpeg -r 30`; the images here are of the same frames. A "
    "folder\n"
    "appears when it is complete. A run that was stopped goes on when started again with the same flags;\n"
    "complete folders are verified (number of files, no hole, last image) and stay, damaged ones are made "
    "again.\n"
    "A video that cannot be read does not stop the others; the exit code is then 1.\n";

absl::Status CheckRange(const std::string& flag, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return WrongUsage(absl::StrCat("--", flag, " is ", value, "; allowed: ", low, " to ", high));
}

absl::StatusOr<ExtractOptions> OptionsOfFlags() {
  ExtractOptions options;
  const std::string rule = absl::GetFlag(FLAGS_rule);
  if (rule == "nearest") {
    options.rule = FrameRule::kNearest;
  } else if (rule != "ffmpeg") {
    return WrongUsage(absl::StrCat("--rule=", rule, "; allowed: ffmpeg, nearest"));
  }
  MRSN_RETURN_IF_ERROR(CheckRange("rate", absl::GetFlag(FLAGS_rate), 0, 1000));
  MRSN_RETURN_IF_ERROR(CheckRange("first_second", absl::GetFlag(FLAGS_first_second), 0, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("seconds", absl::GetFlag(FLAGS_seconds), 0, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("short_side", absl::GetFlag(FLAGS_short_side), 0, 32768));
  MRSN_RETURN_IF_ERROR(CheckRange("jpeg_quality", absl::GetFlag(FLAGS_jpeg_quality), 1, 100));
  MRSN_RETURN_IF_ERROR(CheckRange("first_frame", absl::GetFlag(FLAGS_first_frame), 0, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("threads", absl::GetFlag(FLAGS_threads), 0, 1024));
  if (const absl::Status name = CheckFrameName(absl::GetFlag(FLAGS_frame_name)); !name.ok()) {
    return WrongUsage(absl::StrCat("--frame_name: ", name.message()));
  }
  options.rate = absl::GetFlag(FLAGS_rate);
  options.first_second = absl::GetFlag(FLAGS_first_second);
  options.seconds = absl::GetFlag(FLAGS_seconds);
  options.short_side = absl::GetFlag(FLAGS_short_side);
  options.jpeg_quality = absl::GetFlag(FLAGS_jpeg_quality);
  options.frame_name = absl::GetFlag(FLAGS_frame_name);
  options.first_frame = absl::GetFlag(FLAGS_first_frame);
  options.threads = absl::GetFlag(FLAGS_threads) > 0 ? absl::GetFlag(FLAGS_threads) : DefaultThreads();
  return options;
}

absl::Status Main() {
  if (absl::GetFlag(FLAGS_root).empty()) return WrongUsage("--root, the folder of the videos, is not set");
  if (absl::GetFlag(FLAGS_output).empty())
    return WrongUsage("--output, the folder of the images, is not set");
  MRSN_ASSIGN_OR_RETURN(const ExtractOptions options, OptionsOfFlags());
  MRSN_ASSIGN_OR_RETURN(const std::vector<MediaFile> videos,
                        ChooseVideos(UserPath(absl::GetFlag(FLAGS_root)), absl::GetFlag(FLAGS_videos)));
  cv::setNumThreads(1);  // the videos are what is split over the cores
  const std::string output = UserPath(absl::GetFlag(FLAGS_output));
  const ExtractReport report = ExtractFrames(videos, options, output);
  for (const std::string& video : report.shorter)
    std::fprintf(stderr, "note: shorter than asked for: %s\n", video.c_str());
  for (const std::string& failure : report.failed) std::fprintf(stderr, "failed: %s\n", failure.c_str());
  std::printf("%lld videos extracted (%lld frames), %lld were complete, %lld failed; below %s\n",
              static_cast<long long>(report.extracted), static_cast<long long>(report.frames),
              static_cast<long long>(report.complete), static_cast<long long>(report.failed.size()),
              output.c_str());
  if (report.failed.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(report.failed.size(), " of ", report.videos,
                                          " videos have no frames, first ", report.failed[0]));
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
