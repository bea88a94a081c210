#include "datasets/generated/write_world.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "datasets/ava/ava_files.h"
#include "datasets/video_reader.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets::generated {
namespace {

absl::Status WriteVideo(const Room& room, int frames_per_second, const std::string& path) {
  std::vector<cv::Mat> frames;
  try {
    cv::VideoWriter writer;
    cv::Mat bgr;
    for (int frame = 0; frame < room.frames; ++frame) {
      frames.push_back(room.draw(frame));
      if (frame == 0 && !writer.open(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'),
                                     frames_per_second, frames[0].size())) {
        return absl::InternalError(absl::StrCat(path, ": cannot write an FFV1 video there"));
      }
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

std::string LabelMap(const std::vector<ActionClass>& classes) {
  std::string text;
  for (const ActionClass& action : classes) {
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
void Annotate(const Room& room, const std::string& video, std::string* annotations, std::string* boxes) {
  for (size_t k = 0; k < room.keyframes.size(); ++k) {
    const std::vector<AnnotatedPerson>& people = room.keyframes[k].people;
    for (size_t i = 0; i < people.size(); ++i) {
      const std::string columns = BoxColumns(video, static_cast<int>(k), people[i].box);
      for (const int action : people[i].actions)
        absl::StrAppend(annotations, columns, ",", action, ",", i, "\n");
    }
    for (const Detection& detection : room.keyframes[k].detections) {
      absl::StrAppendFormat(boxes, "%s,,%.3f\n", BoxColumns(video, static_cast<int>(k), detection.box),
                            detection.score);
    }
  }
}

absl::Status Write(const World& world, const std::string& folder, bool videos) {
  MRSN_RETURN_IF_ERROR(MakeFolders(videos ? folder + "/videos" : folder));
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(folder + "/label_map.pbtxt", LabelMap(world.classes)));
  int64_t total = 0, done = 0;
  for (const Split& split : world.splits) total += split.rooms;
  const std::string variant = world.variant.empty() ? "" : absl::StrCat(" (", world.variant, ")");
  ProgressBar progress(absl::StrCat(videos ? "generate " : "describe ", world.name, variant), total,
                       "videos");
  for (size_t s = 0; s < world.splits.size(); ++s) {
    std::string annotations, boxes;
    for (int i = 0; i < world.splits[s].rooms; ++i) {
      const std::string video = absl::StrFormat("%s_%04d", world.splits[s].name, i);
      const Room room = world.make(static_cast<int>(s), i);
      if (videos) {
        MRSN_RETURN_IF_ERROR(
            WriteVideo(room, world.frames_per_second, absl::StrCat(folder, "/videos/", video, ".avi")));
      }
      Annotate(room, video, &annotations, &boxes);
      ++done;
      progress.Update(done, done, "");
    }
    const std::string stem = absl::StrCat(folder, "/", world.splits[s].name);
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(stem + ".csv", annotations));
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(stem + "_boxes.csv", boxes));
  }
  progress.Finish();
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteWorld(const World& world, const std::string& folder) {
  return Write(world, folder, /*videos=*/true);
}

absl::Status WriteLists(const World& world, const std::string& folder) {
  return Write(world, folder, /*videos=*/false);
}

std::string FolderOf(const World& world, const std::string& root) {
  return absl::StrCat(root, "/", world.fingerprint.substr(0, 16));
}

absl::StatusOr<std::string> WriteWorldOnce(const World& world, const std::string& root) {
  static std::atomic<int> counter{0};
  const std::string folder = FolderOf(world, root);
  if (FileExists(folder)) return folder;
  const std::string temporary = absl::StrCat(folder, ".tmp.", ::getpid(), ".", counter++);
  const absl::Status written = WriteWorld(world, temporary);
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

}  // namespace mrsn::datasets::generated
