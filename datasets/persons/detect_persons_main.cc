// bazel run //datasets:detect_persons -- --root=/data/own/videos --onnx=yolox_s.onnx
// --output=/data/own/boxes.csv
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/media_files.h"
#include "datasets/persons/detect_videos.h"
#include "datasets/persons/person_detector.h"
#include "opencv2/core/utility.hpp"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/parallel.h"
#include "ops/base/program.h"
#include "ops/base/size_flag.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, root, "",
          "Folder of video files (avi, mp4, mkv, webm, ...) or folders of frames, at any depth. A video is "
          "named by "
          "its path below this folder.");
ABSL_FLAG(std::vector<std::string>, videos, {}, "Names of the videos, separated by commas; empty = all.");
ABSL_FLAG(std::string, output, "", "The list of boxes to be written.");
ABSL_FLAG(
    std::string, onnx, "",
    "A network that detects persons: YOLOX, YOLOv5 or YOLOv8 layout. Empty = OpenCV's HOG detector, which "
    "misses most persons who do not stand upright.");
ABSL_FLAG(std::string, input_size, "",
          "WIDTHxHEIGHT of the network's input, if its file leaves the size open.");
ABSL_FLAG(int, person_class, 0, "The network's class of persons, from 0; COCO's is 0.");
ABSL_FLAG(double, min_score, 0.1, "Boxes whose score is above this are kept, 0 to 1.");
ABSL_FLAG(double, nms_iou, 0.45, "Of two boxes with a higher IoU the one with the lower score is dropped.");
ABSL_FLAG(std::string, keyframes, "seconds",
          "seconds: one every --every seconds, rows as AVA's. frames: every frame, rows as UCF101-24's.");
ABSL_FLAG(double, every, 1, "With seconds: from one key frame to the next; 0.5 for half seconds.");
ABSL_FLAG(double, first_second, 0, "The second that a video's first frame is; 900 for AVA's frames.");
ABSL_FLAG(int, first_keyframe, -1,
          "With seconds: the first one of each video; AVA: 902. -1 = the video's first.");
ABSL_FLAG(int, last_keyframe, -1, "With seconds: the last one; AVA: 1798. -1 = the video's last.");
ABSL_FLAG(double, frames_per_second, 30, "Of folders of frames; video files state their own.");
ABSL_FLAG(int, frame_step, 1, "With frames: every n-th frame.");
ABSL_FLAG(std::string, frame_size, "320x240", "With frames: the frame that the boxes' pixels belong to.");
ABSL_FLAG(int, threads, 0, "Videos at a time; 0 = as many as there are cores.");
ABSL_FLAG(bool, skip_failed, false,
          "Writes the list even if some videos cannot be read; their rows are missing.");

namespace mrsn::datasets {
namespace {

constexpr char kUsage[] =
    "Detects persons in videos that have no boxes and writes a list of boxes for training and inference.\n\n"
    "  bazel run //datasets:detect_persons -- --root=/data/own/videos --onnx=$PWD/yolox_s.onnx \\\n"
    "      --output=/data/own/annotations/boxes.csv\n"
    "  bazel run //datasets:detect_persons -- --root=/data/ava/frames --first_second=900 "
    "--first_keyframe=902 \\\n"
    "      --last_keyframe=1798 --onnx=$PWD/yolox_s.onnx --output=/data/ava/annotations/boxes.csv\n"
    "  bazel run //datasets:detect_persons -- --root=/data/ucf24/videos --keyframes=frames \\\n"
    "      --onnx=$PWD/yolov8m.onnx --output=/data/ucf24/detections.csv\n\n"
    "The network is yours: an ONNX file whose outputs are laid out as those of YOLOX, YOLOv5 or YOLOv8, "
    "which\n"
    "the program recognises by their shape. Boxes of the class person are kept, after non-maximum "
    "suppression.\n"
    "Each detector has scores of its own: proposals.inference_score (default 0.85) was chosen for Faster "
    "R-CNN;\n"
    "//datasets:check says how many boxes a threshold leaves and which part of the ground truth they cover.\n"
    "A run that was stopped goes on when started again with the same flags.\n";

absl::Status CheckRange(const std::string& flag, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return WrongUsage(absl::StrCat("--", flag, " is ", value, "; allowed: ", low, " to ", high));
}

absl::StatusOr<DetectOptions> OptionsOfFlags() {
  DetectOptions options;
  const std::string keyframes = absl::GetFlag(FLAGS_keyframes);
  if (keyframes == "frames") {
    options.keyframes = DetectOptions::Keyframes::kFrames;
  } else if (keyframes != "seconds") {
    return WrongUsage(absl::StrCat("--keyframes=", keyframes, "; allowed: seconds, frames"));
  }
  MRSN_RETURN_IF_ERROR(CheckRange("every", absl::GetFlag(FLAGS_every), 0.001, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("first_second", absl::GetFlag(FLAGS_first_second), 0, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("first_keyframe", absl::GetFlag(FLAGS_first_keyframe), -1, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("last_keyframe", absl::GetFlag(FLAGS_last_keyframe), -1, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("frames_per_second", absl::GetFlag(FLAGS_frames_per_second), 0.1, 1000));
  MRSN_RETURN_IF_ERROR(CheckRange("frame_step", absl::GetFlag(FLAGS_frame_step), 1, 1e6));
  MRSN_RETURN_IF_ERROR(CheckRange("threads", absl::GetFlag(FLAGS_threads), 0, 1024));
  options.every = Timestamp::Nearest(absl::GetFlag(FLAGS_every));
  options.first_second = absl::GetFlag(FLAGS_first_second);
  if (const int first = absl::GetFlag(FLAGS_first_keyframe); first >= 0) options.first_keyframe = first;
  if (const int last = absl::GetFlag(FLAGS_last_keyframe); last >= 0) options.last_keyframe = last;
  options.frames_per_second = absl::GetFlag(FLAGS_frames_per_second);
  options.frame_step = absl::GetFlag(FLAGS_frame_step);
  MRSN_ASSIGN_OR_RETURN(const PictureSize frame, SizeFlag("frame_size", absl::GetFlag(FLAGS_frame_size)));
  options.frame_size = {frame.width, frame.height};
  options.threads = absl::GetFlag(FLAGS_threads) > 0 ? absl::GetFlag(FLAGS_threads) : DefaultThreads();
  return options;
}

absl::StatusOr<PersonDetectorOptions> DetectorOptionsOfFlags() {
  PersonDetectorOptions options;
  MRSN_RETURN_IF_ERROR(CheckRange("min_score", absl::GetFlag(FLAGS_min_score), 0, 1));
  MRSN_RETURN_IF_ERROR(CheckRange("nms_iou", absl::GetFlag(FLAGS_nms_iou), 0, 1));
  MRSN_RETURN_IF_ERROR(CheckRange("person_class", absl::GetFlag(FLAGS_person_class), 0, 100000));
  options.min_score = static_cast<float>(absl::GetFlag(FLAGS_min_score));
  options.nms_iou = static_cast<float>(absl::GetFlag(FLAGS_nms_iou));
  options.person_class = absl::GetFlag(FLAGS_person_class);
  if (const std::string size = absl::GetFlag(FLAGS_input_size); !size.empty()) {
    MRSN_ASSIGN_OR_RETURN(const PictureSize input, SizeFlag("input_size", size));
    options.input = {input.width, input.height};
  }
  return options;
}

absl::Status Main() {
  if (absl::GetFlag(FLAGS_root).empty()) return WrongUsage("--root, the folder of the videos, is not set");
  if (absl::GetFlag(FLAGS_output).empty()) return WrongUsage("--output, the list to be written, is not set");
  MRSN_ASSIGN_OR_RETURN(const DetectOptions options, OptionsOfFlags());
  MRSN_ASSIGN_OR_RETURN(const PersonDetectorOptions detector_options, DetectorOptionsOfFlags());
  const std::string output = UserPath(absl::GetFlag(FLAGS_output)),
                    onnx = UserPath(absl::GetFlag(FLAGS_onnx));
  std::string settings = "HOG";
  if (onnx.empty()) {
    std::fprintf(
        stderr,
        "note: --onnx is not set, so OpenCV's HOG detector is used; it misses most persons who do not stand "
        "upright\n");
  } else {
    MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(onnx));
    settings = absl::StrCat("ONNX ", Fingerprint(bytes));
  }
  absl::StrAppend(&settings, ", score above ", detector_options.min_score, ", IoU up to ",
                  detector_options.nms_iou, ", class ", detector_options.person_class, ", input ",
                  detector_options.input.width, "x", detector_options.input.height);
  MRSN_ASSIGN_OR_RETURN(const std::vector<MediaFile> videos,
                        ChooseVideos(UserPath(absl::GetFlag(FLAGS_root)), absl::GetFlag(FLAGS_videos)));
  cv::setNumThreads(1);  // the videos are what is split over the cores
  const auto report = DetectVideos(
      videos, options, settings,
      [&]() -> absl::StatusOr<std::unique_ptr<PersonDetector>> {
        if (onnx.empty()) return MakeHogPersonDetector(detector_options);
        return MakeOnnxPersonDetector(onnx, detector_options);
      },
      output, absl::GetFlag(FLAGS_skip_failed));
  if (!report.ok()) return report.status();
  for (const std::string& name : report->ended_early) {
    std::fprintf(stderr, "note: %s ends before second %d\n", name.c_str(), *options.last_keyframe);
  }
  for (const std::string& failure : report->failed) std::fprintf(stderr, "failed: %s\n", failure.c_str());
  std::printf("%lld videos, %lld of them by an earlier run, %lld failed; %lld boxes found now\n",
              static_cast<long long>(report->videos), static_cast<long long>(report->resumed),
              static_cast<long long>(report->failed.size()), static_cast<long long>(report->boxes));
  if (report->failed.empty()) {
    std::printf("wrote %s\n", output.c_str());
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(
      report->failed.size(), " of ", report->videos, " videos failed, first ", report->failed[0],
      absl::GetFlag(FLAGS_skip_failed) ? ""
                                       : absl::StrCat("; ", output, " was not written, see --skip_failed")));
}

}  // namespace
}  // namespace mrsn::datasets

int main(int argc, char** argv) {
  return mrsn::RunProgram(argc, argv, mrsn::datasets::kUsage, mrsn::datasets::Main);
}
