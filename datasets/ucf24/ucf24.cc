#include "datasets/ucf24/ucf24.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "datasets/box_table.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/locate_media.h"
#include "datasets/proposals.h"
#include "datasets/video_frames.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

// The files are read strictly: an odd row is an error.
formats::CsvOptions Strict(const absl::flat_hash_set<int>& class_ids) {
  formats::CsvOptions options;
  options.strict = true;
  options.allow_tubes = true;
  options.classes = &class_ids;
  return options;
}

// Ground truth of `videos`. With `need_tubes` a file without tubes is an error.
struct Annotations {
  BoxTable boxes;
  bool has_tubes = false;
};
absl::StatusOr<Annotations> ReadAnnotations(const std::string& path,
                                            const absl::flat_hash_set<std::string>& videos, bool need_tubes) {
  const absl::flat_hash_set<int> class_ids = formats::ClassIds(formats::Ucf24Classes());
  MRSN_ASSIGN_OR_RETURN(formats::CsvContents contents,
                        formats::ReadUcf24(path, formats::RowKind::kGroundTruth, Strict(class_ids)));
  if (need_tubes && !contents.has_tubes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no eighth column, tube, which dataset.clip.tubelets needs"));
  }
  formats::KeepVideos(videos, contents);
  return Annotations{BoxTable(contents, kUcf24FrameSize), contents.has_tubes};
}

absl::StatusOr<formats::CsvContents> ReadDetections(const std::string& path,
                                                    const absl::flat_hash_set<std::string>& videos) {
  formats::CsvOptions options;
  options.strict = true;
  MRSN_ASSIGN_OR_RETURN(formats::CsvContents contents,
                        formats::ReadUcf24(path, formats::RowKind::kDetections, options));
  formats::KeepVideos(videos, contents);
  return contents;
}

// The key frames of all videos.
class Maker {
 public:
  Maker(const Ucf24Options& options, bool has_tubes, const std::vector<std::string>& videos,
        ClipDatasetOptions* clip_dataset)
      : options_(options), has_tubes_(has_tubes), clip_dataset_(clip_dataset) {
    for (size_t i = 0; i < videos.size(); ++i) position_[videos[i]] = static_cast<int>(i);
  }

  void Add(const Keyframe& keyframe, absl::Span<const BoxRow> annotated, absl::Span<const BoxRow> detected) {
    const bool every_frame = options_.every_frame && clip_dataset_->usage != Usage::kTrain;
    const auto video = position_.find(keyframe.video);
    if (video == position_.end() || (annotated.empty() && !every_frame)) return;
    KeyframeRecord record;
    record.keyframe = keyframe;
    record.video = video->second;
    record.centre = keyframe.timestamp - 1;
    for (const BoxRow& row : annotated) {
      const int person = has_tubes_ ? row.person_id : static_cast<int>(record.annotations.size());
      record.annotations.push_back({keyframe, row.box, row.class_id, person});
      if (clip_dataset_->tubelets) clip_dataset_->tubes[{record.video, person}][record.centre] = row.box;
    }
    // Frames are counted as they are named where each is one, as they come where only some are.
    const int64_t number = every_frame ? record.centre : frames_of_[record.video]++;
    if (number % options_.keyframe_step != 0) return;
    record.actors = ActorsOf(record, DetectedActors(detected));
    records_.push_back(std::move(record));
  }

  std::vector<KeyframeRecord>& records() { return records_; }
  const ProposalCounts& counts() const { return counts_; }

 private:
  std::vector<Actor> ActorsOf(const KeyframeRecord& record, const std::vector<Actor>& detections) {
    std::vector<Actor> truth;
    for (const AnnotatedBox& annotated : record.annotations)
      truth.push_back({annotated.box, 1, {annotated.class_id}, annotated.person_id});
    if (clip_dataset_->usage == Usage::kTrain) {
      return TrainingActors(truth, detections, options_.proposals.training_iou);
    }
    if (options_.detections.empty()) {
      for (Actor& actor : truth) actor = {actor.box, actor.score, {}};
      return truth;
    }
    std::vector<Actor> actors = InferenceActors(detections, options_.proposals.inference_score);
    counts_.Add(detections, actors);
    return actors;
  }

  const Ucf24Options& options_;
  const bool has_tubes_;
  ClipDatasetOptions* const clip_dataset_;
  std::map<std::string, int> position_;
  std::map<int, int64_t> frames_of_;  // annotated frames seen of each video
  std::vector<KeyframeRecord> records_;
  ProposalCounts counts_;
};

// Adds every frame of the videos to the key frames that a file names.
absl::Status AddEveryFrame(const std::vector<std::string>& videos, const std::vector<VideoMedia>& media,
                           formats::CsvContents* contents) {
  formats::KeyframeTable& table = contents->blocks.emplace_back().keyframes;
  for (size_t i = 0; i < videos.size(); ++i) {
    MRSN_ASSIGN_OR_RETURN(const VideoFrames frames, OpenFrames(media[i]));
    const int video = table.Video(videos[i]);
    for (int64_t frame = 1; frame <= frames.count; ++frame) {
      table.Find(video, frame * formats::KeyframeTable::kUnit);
    }
  }
  return absl::OkStatus();
}

// Keeps those of `videos`, in order, that have a box: UCF101's own lists name 13 videos more than UCF101-24's
// annotations. An error if most of them have none, because then the two files do not belong together.
absl::Status KeepAnnotated(const BoxTable& annotations, const std::string& annotations_path,
                           const std::string& split_path, std::vector<std::string>* videos,
                           std::vector<std::string>* notes) {
  const std::vector<std::string> annotated = VideosOf(annotations);
  std::vector<std::string> kept, left_out;
  for (const std::string& video : *videos) {
    (std::binary_search(annotated.begin(), annotated.end(), video) ? kept : left_out).push_back(video);
  }
  if (left_out.empty()) return absl::OkStatus();
  const std::string what =
      absl::StrCat(annotations_path, ": no row of ", left_out.size(), " of the ", videos->size(),
                   " videos that ", split_path, " names, first ", left_out[0]);
  if (2 * left_out.size() > videos->size()) return absl::InvalidArgumentError(what);
  notes->push_back(absl::StrCat(what, "; they are left out"));
  *videos = std::move(kept);
  return absl::OkStatus();
}

}  // namespace

std::vector<ActionClass> Ucf24Classes() {
  std::vector<ActionClass> classes;
  for (const formats::ActionClass& c : formats::Ucf24Classes()) classes.push_back({c.id, c.name, c.kind});
  return classes;
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenUcf24(const Ucf24Options& options,
                                                   ClipDatasetOptions clip_dataset, const std::string& root) {
  if (root.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("ucf24 needs a data root, the folder of videos/ and ", options.annotations));
  }
  if (!FileExists(root)) return absl::NotFoundError(absl::StrCat(root, ": no such data root"));
  const std::string split_path = absl::StrCat(root, "/", options.split, ".txt");
  const std::string annotations_path = absl::StrCat(root, "/", options.annotations);
  std::vector<std::string> files = {split_path, annotations_path};
  MRSN_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> listed, formats::ReadVideoList(split_path));
  MRSN_ASSIGN_OR_RETURN(const Annotations annotations,
                        ReadAnnotations(annotations_path, listed, clip_dataset.tubelets));
  formats::CsvContents detections;
  const bool has_detections = !options.detections.empty();
  if (has_detections) {
    files.push_back(absl::StrCat(root, "/", options.detections));
    MRSN_ASSIGN_OR_RETURN(detections, ReadDetections(files.back(), listed));
  }

  std::vector<std::string> videos(listed.begin(), listed.end());
  std::sort(videos.begin(), videos.end());
  MRSN_RETURN_IF_ERROR(
      KeepAnnotated(annotations.boxes, annotations_path, split_path, &videos, &clip_dataset.notes));
  MRSN_ASSIGN_OR_RETURN(clip_dataset.videos, LocateMedia(root, options.media, videos));
  Maker maker(options, annotations.has_tubes, videos, &clip_dataset);
  const bool infers = clip_dataset.usage != Usage::kTrain;
  if (options.every_frame && infers) {
    MRSN_RETURN_IF_ERROR(AddEveryFrame(videos, clip_dataset.videos, &detections));
  }
  VisitBoth(annotations.boxes, BoxTable(detections, kUcf24FrameSize),
            [&](const Keyframe& keyframe, absl::Span<const BoxRow> annotated,
                absl::Span<const BoxRow> detected) { maker.Add(keyframe, annotated, detected); });
  if (infers && has_detections) {
    const float threshold = options.proposals.inference_score;
    MRSN_RETURN_IF_ERROR(maker.counts().Check(files.back(), threshold));
    clip_dataset.notes.push_back(maker.counts().Note(files.back(), threshold));
  }
  clip_dataset.classes = Ucf24Classes();
  clip_dataset.annotation_frame_size = kUcf24FrameSize;
  std::string identity = absl::StrCat("ucf24 keyframe_step ", options.keyframe_step);
  if (options.every_frame && infers) absl::StrAppend(&identity, " every_frame");
  std::vector<std::string> paths;
  for (size_t i = 0; i < videos.size(); ++i) {
    const VideoMedia& media = clip_dataset.videos[i];
    if (media.images.has_value()) {
      absl::StrAppend(&identity, "\n", videos[i], " ", media.count);
    } else {
      paths.push_back(media.path);
    }
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint, FingerprintFiles(identity, files, paths));
  return MakeClipDataset(std::move(clip_dataset), std::move(maker.records()));
}

}  // namespace mrsn::datasets
