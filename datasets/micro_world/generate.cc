#include "datasets/micro_world/generate.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "datasets/ava/ava_files.h"
#include "datasets/micro_world/detector.h"
#include "datasets/micro_world/renderer.h"
#include "datasets/micro_world/rules.h"
#include "datasets/micro_world/world.h"
#include "datasets/video_reader.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/progress.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets::micro {
namespace {

// HuffYUV in RGB is lossless like FFV1, 1.4 times as large and four times as fast: every
// training decodes all videos once.
absl::Status WriteVideo(const World& world, const std::string& path) {
  const Renderer renderer(world);
  std::vector<cv::Mat> frames;
  try {
    cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'),
                           kFramesPerSecond, cv::Size(kFrameSize, kFrameSize));
    if (!writer.isOpened())
      return absl::InternalError(absl::StrCat(path, ": cannot write a HuffYUV video there"));
    cv::Mat bgr;
    for (int frame = 0; frame < world.num_frames(); ++frame) {
      frames.push_back(renderer.Draw(frame));
      cv::cvtColor(frames.back(), bgr, cv::COLOR_RGB2BGR);
      writer.write(bgr);
    }
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat(path, ": ", error.err));
  }
  // VideoWriter does not report a full disk.
  const absl::StatusOr<DecodedVideo> read = DecodeVideo(path);
  bool same = read.ok() && read->frames.size() == frames.size();
  for (size_t i = 0; same && i < frames.size(); ++i) {
    same = cv::norm(read->frames[i], frames[i], cv::NORM_INF) == 0;
  }
  if (!same) {
    return absl::DataLossError(
        absl::StrCat(path, ": does not read back as written (no space left on the device?)"));
  }
  return absl::OkStatus();
}

std::string LabelMap(int num_classes) {
  std::string text;
  for (const ActionClass& action : Classes()) {
    if (action.id > num_classes) break;
    const std::string type = absl::StrReplaceAll(absl::AsciiStrToUpper(action.kind), {{"-", "_"}});
    absl::StrAppendFormat(&text, "label {\n  name: \"%s\"\n  label_id: %d\n  label_type: %s\n}\n",
                          action.name, action.id, type);
  }
  return text;
}

std::string BoxColumns(const std::string& video, int keyframe, const Box& box) {
  return absl::StrFormat("%s,%04d,%.3f,%.3f,%.3f,%.3f", video, KeyframeNames().first + keyframe, box.x1,
                         box.y1, box.x2, box.y2);
}

// The rows of one video, appended.
void Annotate(const World& world, const std::string& video, uint64_t seed, const GenerateOptions& options,
              std::string* annotations, std::string* boxes) {
  const auto labels = LabelWorld(world, options.keyframes_per_video);
  SplitMix64 random(seed);
  for (int k = 0; k < options.keyframes_per_video; ++k) {
    const std::vector<Person>& people = world.people[FrameOfKeyframe(k)];
    if (options.single_actor) {
      const int label = SingleLabel(labels[k][0]);
      if (label == 0) continue;  // two activities at once
      const std::string columns = BoxColumns(video, k, Box{0, 0, 1, 1});
      absl::StrAppend(annotations, columns, ",", label, ",0\n");
      absl::StrAppend(boxes, columns, ",,1.000\n");
      continue;
    }
    for (int i = 0; i < static_cast<int>(people.size()); ++i) {
      const std::string columns = BoxColumns(video, k, people[i].box());
      for (Action action : labels[k][i]) absl::StrAppend(annotations, columns, ",", action, ",", i, "\n");
    }
    for (const Detection& detection : DetectPeople(people, random)) {
      absl::StrAppendFormat(boxes, "%s,,%.3f\n", BoxColumns(video, k, detection.box), detection.score);
    }
  }
}

absl::Status Write(const GenerateOptions& options, const std::string& folder, bool videos) {
  MRSN_RETURN_IF_ERROR(MakeFolders(videos ? folder + "/videos" : folder));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(
      folder + "/label_map.pbtxt", LabelMap(options.single_actor ? kNumSingleActorClasses : kAfterMusic)));
  WorldOptions world_options;
  world_options.keyframes = options.keyframes_per_video;
  if (options.single_actor) world_options.min_people = world_options.max_people = 1;

  const std::string verb = videos ? "generate" : "describe";
  ProgressBar progress(absl::StrCat(verb, " micro_world", options.single_actor ? " (single actor)" : ""),
                       options.train_videos + options.val_videos, "videos");
  int64_t done = 0;
  const std::pair<const char*, int> splits[] = {{"train", options.train_videos}, {"val", options.val_videos}};
  for (int split = 0; split < 2; ++split) {
    std::string annotations, boxes;
    for (int i = 0; i < splits[split].second; ++i) {
      const uint64_t seed = HashSeed(options.seed, split, i);
      const std::string video = absl::StrFormat("%s_%04d", splits[split].first, i);
      const World world = PlayWorld(seed, world_options);
      if (videos) {
        MRSN_RETURN_IF_ERROR(WriteVideo(world, absl::StrCat(folder, "/videos/", video, ".avi")));
      }
      Annotate(world, video, HashSeed(seed, 4), options, &annotations, &boxes);
      ++done;
      progress.Update(done, done, "");
    }
    const std::string stem = absl::StrCat(folder, "/", splits[split].first);
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(stem + ".csv", annotations));
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(stem + "_boxes.csv", boxes));
  }
  progress.Finish();
  return absl::OkStatus();
}

}  // namespace

std::string GeneratorFingerprint(const GenerateOptions& options) {
  return Fingerprint(absl::StrCat("micro_world version ", kGeneratorVersion, " seed ", options.seed,
                                  " train ", options.train_videos, " val ", options.val_videos, " keyframes ",
                                  options.keyframes_per_video, " single_actor ",
                                  options.single_actor ? 1 : 0));
}

absl::Status Generate(const GenerateOptions& options, const std::string& folder) {
  return Write(options, folder, /*videos=*/true);
}

absl::Status GenerateLists(const GenerateOptions& options, const std::string& folder) {
  return Write(options, folder, /*videos=*/false);
}

std::string FolderOf(const GenerateOptions& options, const std::string& root) {
  return absl::StrCat(root, "/", GeneratorFingerprint(options).substr(0, 16));
}

absl::StatusOr<std::string> GenerateOnce(const GenerateOptions& options, const std::string& root) {
  static std::atomic<int> counter{0};
  const std::string folder = FolderOf(options, root);
  if (FileExists(folder)) return folder;
  const std::string temporary = absl::StrCat(folder, ".tmp.", ::getpid(), ".", counter++);
  const absl::Status written = Generate(options, temporary);
  std::error_code error;
  if (written.ok()) std::filesystem::rename(temporary, folder, error);
  // A folder that is not empty is never replaced: somebody else was faster.
  const bool renamed = written.ok() && !error;
  if (!renamed) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
  }
  if (!written.ok()) return written;
  if (!renamed && !FileExists(folder)) {
    return absl::InternalError(
        absl::StrCat(folder, ": cannot rename ", temporary, " to it: ", error.message()));
  }
  return folder;
}

}  // namespace mrsn::datasets::micro
