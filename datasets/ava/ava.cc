#include "datasets/ava/ava.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "datasets/class_list.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/locate_media.h"
#include "datasets/media/frame_stream.h"
#include "datasets/stated_length.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr char kLayout[] =
    "; expected below the data root, unless the config names others: annotations/ with AVA's files, and "
    "frames/<video>/<video>_000001.jpg and on, 30 a second from second 900 on, or whole movies as "
    "videos/<video>.mp4";

absl::Status CheckFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> missing;
  for (const std::string& path : paths) {
    if (!FileExists(path)) missing.push_back(path);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(missing.size(), " of ", paths.size(), " files are missing, first ", missing[0], kLayout));
}

absl::StatusOr<std::vector<ActionClass>> ReadClasses(const std::string& path,
                                                     const std::string& evaluated_path) {
  MRSN_ASSIGN_OR_RETURN(std::vector<ActionClass> classes, ReadLabelMap(path));
  MRSN_ASSIGN_OR_RETURN(const std::vector<ActionClass> evaluated, ReadLabelMap(evaluated_path));
  for (ActionClass& action : classes) action.evaluated = false;
  for (const ActionClass& wanted : evaluated) {
    const auto action = std::find_if(classes.begin(), classes.end(),
                                     [&](const ActionClass& other) { return other.id == wanted.id; });
    if (action == classes.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(evaluated_path, ": id ", wanted.id, " (", wanted.name, ") is not in ", path));
    }
    action->evaluated = true;
  }
  return classes;
}

struct Clocks {
  std::vector<Clock> clocks;           // of every video
  std::vector<int64_t> stated_frames;  // images of a folder, or as the header of a file says; 0 = unknown
};

// A file's rate is in its header. With kSkipAndCount a file without a readable one has the rate that is
// meant: its clips cannot be read anyway.
absl::StatusOr<Clocks> ReadClocks(const std::vector<VideoMedia>& videos, const AvaOptions& options,
                                  UnreadablePolicy policy) {
  Clocks read;
  for (const VideoMedia& video : videos) {
    if (video.images.has_value()) {
      read.clocks.push_back({options.first_second, options.frames_per_second});
      read.stated_frames.push_back(video.count);
      continue;
    }
    const auto stream = FrameStream::Open(video.path, options.frames_per_second);
    if (!stream.ok() && policy == UnreadablePolicy::kFail) return stream.status();
    const double rate = stream.ok() ? (*stream)->rate() : options.frames_per_second;
    if (!RatesAgree(rate, options.frames_per_second)) {
      return absl::FailedPreconditionError(
          absl::StrCat(video.path, ": has ", rate, " frames a second, dataset.ava.frames_per_second is ",
                       options.frames_per_second,
                       "; set it, or make folders of frames with that rate: bazel run "
                       "//datasets:extract_frames"));
    }
    read.clocks.push_back({options.video_first_second, rate});
    read.stated_frames.push_back(stream.ok() ? (*stream)->stated() : 0);
  }
  return read;
}

// The frames of a folder are counted, those of a file stated.
int64_t WithSlack(const VideoMedia& video, int64_t stated) {
  return video.images.has_value() ? stated : stated + LengthSlack(stated);
}

// An error if key frames lie behind the end of their videos.
absl::Status CheckCentres(const std::vector<VideoMedia>& videos, const std::vector<int64_t>& stated_frames,
                          const std::vector<KeyframeRecord>& records) {
  int64_t beyond = 0;
  std::string first;
  for (const KeyframeRecord& record : records) {
    const VideoMedia& video = videos[record.video];
    const int64_t stated = stated_frames[record.video];
    const bool outside = record.centre < 0 || (stated > 0 && record.centre >= WithSlack(video, stated));
    if (!outside || beyond++ > 0) continue;
    first = absl::StrCat(video.path, ": second ", record.keyframe.timestamp.Text(), " is frame number ",
                         record.centre, " from 0", stated > 0 ? absl::StrCat(" of ", stated) : "");
  }
  if (beyond == 0) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(beyond, " of ", records.size(), " key frames lie outside their videos, first ", first,
                   "; dataset.ava.first_second and frames_per_second say which frame a second is"));
}

// A note if folders are much longer or shorter than the seconds that key frames may have: the rate may be
// another one.
void NoteLengths(const std::vector<VideoMedia>& videos, const AvaOptions& options,
                 std::vector<std::string>* notes) {
  const double reaches = options.keyframes.last - options.first_second;  // seconds up to the last key frame
  int64_t odd = 0;
  std::string first;
  for (const VideoMedia& video : videos) {
    if (!video.images.has_value()) continue;
    const double seconds = video.count / options.frames_per_second;
    const bool fits = seconds >= reaches && seconds <= 1.1 * reaches + 5;
    if (!fits && odd++ == 0) {
      first = absl::StrCat(video.path, " with ", video.count, " frames, ", absl::StrFormat("%.1f", seconds),
                           " s");
    }
  }
  if (odd == 0) return;
  notes->push_back(absl::StrCat(odd, " of ", videos.size(), " folders of frames do not fit ",
                                options.frames_per_second, " frames a second from second ",
                                options.first_second, " to last_keyframe_second, ", options.keyframes.last,
                                ": first ", first));
}

// Says how many boxes are used; an error if none of them is. Training needs no box: it has ground truth.
absl::Status NoteBoxes(const AvaKeyframes& made, const AvaOptions& options, Usage usage,
                       const std::string& file, std::vector<std::string>* notes) {
  if (options.boxes.empty()) return absl::OkStatus();
  if (made.strange_boxes > 0) {
    notes->push_back(absl::StrCat(made.strange_boxes, " rows of ", file,
                                  " are left out: their videos have no annotation"));
  }
  if (usage == Usage::kTrain) return absl::OkStatus();
  notes->push_back(made.counts.Note(file, options.proposals.inference_score));
  return made.counts.Check(file, options.proposals.inference_score);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataset>> OpenAva(const AvaOptions& options, ClipDatasetOptions clip_dataset,
                                                 const std::string& root) {
  const auto below = [&](const std::string& path) { return (std::filesystem::path(root) / path).string(); };
  const bool own_classes =
      options.classes_txt && !FileExists(below(options.label_map)) && FileExists(below("classes.txt"));
  std::vector<std::string> files = {below(options.annotations)};
  if (own_classes) {
    files.push_back(below("classes.txt"));
  } else {
    files.insert(files.end(), {below(options.label_map), below(options.evaluated_label_map)});
  }
  if (!options.excluded.empty()) files.push_back(below(options.excluded));
  if (!options.boxes.empty()) files.push_back(below(options.boxes));
  MRSN_RETURN_IF_ERROR(CheckFiles(files));

  if (own_classes) {
    MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadClassList(files[1], 1));
  } else {
    MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadClasses(files[1], files[2]));
  }
  MRSN_ASSIGN_OR_RETURN(const BoxTable annotations, ReadAvaAnnotations(files[0], options.keyframes));
  std::set<Keyframe> excluded;
  if (!options.excluded.empty()) {
    MRSN_ASSIGN_OR_RETURN(excluded, ReadAvaExcluded(below(options.excluded), options.keyframes));
  }
  AvaKeyframeOptions keyframes;
  keyframes.usage = clip_dataset.usage;
  keyframes.proposals = options.proposals;
  keyframes.has_boxes = !options.boxes.empty();
  BoxTable boxes;
  if (keyframes.has_boxes) {
    MRSN_ASSIGN_OR_RETURN(boxes, ReadAvaBoxes(below(options.boxes), options.keyframes));
  }
  auto made = MakeAvaKeyframes(annotations, boxes, excluded, clip_dataset.classes, keyframes);
  if (!made.ok()) {
    return absl::Status(made.status().code(), absl::StrCat(files[0], ": ", made.status().message()));
  }
  if (made->records.empty())
    return absl::InvalidArgumentError(absl::StrCat(files[0], ": no key frame is left"));
  MRSN_RETURN_IF_ERROR(NoteBoxes(*made, options, keyframes.usage, below(options.boxes), &clip_dataset.notes));

  const UnreadablePolicy policy = clip_dataset.unreadable.policy;
  auto media = LocateMedia(root, options.media, made->videos, policy);
  if (!media.ok()) {
    return absl::Status(media.status().code(), absl::StrCat(media.status().message(), kLayout));
  }
  TakeMedia(*std::move(media), &clip_dataset);
  MRSN_ASSIGN_OR_RETURN(const Clocks read, ReadClocks(clip_dataset.videos, options, policy));
  const std::vector<Clock>& clocks = read.clocks;
  CentreClips(clocks, &made->records);
  if (policy == UnreadablePolicy::kFail) {
    MRSN_RETURN_IF_ERROR(CheckCentres(clip_dataset.videos, read.stated_frames, made->records));
  }
  NoteLengths(clip_dataset.videos, options, &clip_dataset.notes);
  // The number changes when the same files give other key frames or actors.
  std::string identity = "ava 2";
  std::vector<std::string> files_of_videos;
  if (keyframes.usage == Usage::kBank) absl::StrAppend(&identity, " bank");
  for (size_t i = 0; i < made->videos.size(); ++i) {
    absl::StrAppend(&identity, "\n", made->videos[i], " ", clip_dataset.videos[i].count, " ",
                    clocks[i].first_second, " ", clocks[i].frames_per_second);
    const int64_t missing = CountFrames(clip_dataset.missing_frames[i]);
    if (missing > 0) absl::StrAppend(&identity, " without ", missing);
    if (!clip_dataset.videos[i].images.has_value()) files_of_videos.push_back(clip_dataset.videos[i].path);
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint, FingerprintFiles(identity, files, files_of_videos));
  return MakeClipDataset(std::move(clip_dataset), std::move(made->records));
}

}  // namespace mrsn::datasets
