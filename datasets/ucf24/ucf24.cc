#include "datasets/ucf24/ucf24.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "datasets/box_table.h"
#include "datasets/class_list.h"
#include "datasets/dataset_fingerprint.h"
#include "datasets/locate_media.h"
#include "datasets/proposals.h"
#include "datasets/video_frames.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/formats/annotation_rows.h"
#include "ops/formats/box_list.h"
#include "ops/formats/box_unit.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/ucf24_files.h"

namespace mrsn::datasets {
namespace {

// Ground truth of `videos`. With `need_tubes` a file without tubes is an error.
struct Annotations {
  BoxTable boxes;
  bool has_tubes = false;
};

// Files may hold the rows of more classes than the data set has, if they are of other videos.
absl::Status CheckClasses(const std::string& path, const formats::CsvContents& contents,
                          const std::vector<ActionClass>& classes) {
  const RowsOfOtherClasses other = FindRowsOfOtherClasses(contents, formats::ClassIds(classes));
  if (other.rows == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", other.first.video, " frame ", other.first.timestamp.Text(), ": the class",
                   other.class_id == formats::kNoClass ? "" : absl::StrCat(" ", other.class_id),
                   " is none of the ", classes.size(), " of the data set, ", classes.front().id, " ",
                   classes.front().name, " to ", classes.back().id, " ", classes.back().name));
}

std::string FirstVideo(const formats::CsvContents& contents) {
  for (const formats::RowBlock& block : contents.blocks) {
    if (!block.keyframes.videos().empty()) return block.keyframes.videos()[0];
  }
  return "";
}

absl::StatusOr<Annotations> ReadAnnotations(const std::string& path, FrameSize frame,
                                            const std::vector<ActionClass>& classes,
                                            const std::string& split_path,
                                            const absl::flat_hash_set<std::string>& videos, bool need_tubes) {
  formats::CsvOptions options;
  options.strict = true;  // an odd row is an error
  options.allow_tubes = true;
  options.named_classes = &classes;
  MRSN_ASSIGN_OR_RETURN(formats::Ucf24Annotations read, formats::ReadUcf24Annotations(path, options));
  MRSN_RETURN_IF_ERROR(formats::ExpectFrameSize(path, read, frame.width, frame.height));
  formats::CsvContents& contents = read.contents;
  if (need_tubes && !contents.has_tubes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no eighth column, tube, which dataset.clip.tubelets needs"));
  }
  MRSN_RETURN_IF_ERROR(formats::ExpectPixels(path, contents));
  const std::string first = FirstVideo(contents);
  formats::KeepVideos(videos, contents);
  if (contents.num_rows == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, first.empty() ? ": has no row" : ": no row", " of any video that ", split_path,
                     " names, as ", *std::min_element(videos.begin(), videos.end()),
                     first.empty() ? "" : "; its rows are of others, as ", first));
  }
  MRSN_RETURN_IF_ERROR(CheckClasses(path, contents, classes));
  return Annotations{BoxTable(contents, frame), contents.has_tubes};
}

absl::StatusOr<formats::CsvContents> ReadDetections(const std::string& path, FrameSize frame,
                                                    const absl::flat_hash_set<std::string>& videos) {
  formats::BoxListOptions options;
  options.csv.strict = true;
  options.csv.timestamps = formats::Timestamps::kFrames;
  options.frame_width = frame.width;
  options.frame_height = frame.height;
  MRSN_ASSIGN_OR_RETURN(formats::BoxList list, formats::ReadBoxList(path, options));
  formats::KeepVideos(videos, list.contents);
  return std::move(list.contents);
}

// The split's videos. Of a list that names a class of the data set, as UCF101's own do, videos of other
// folders are left out; other lists stay whole.
absl::StatusOr<std::vector<std::string>> ReadSplit(const std::string& path,
                                                   const std::vector<ActionClass>& classes,
                                                   std::vector<std::string>* notes) {
  std::vector<std::string> names;
  for (const ActionClass& action : classes) names.push_back(action.name);
  MRSN_ASSIGN_OR_RETURN(formats::SplitList list, formats::ReadSplitList(path));
  const bool by_class = std::any_of(list.videos.begin(), list.videos.end(), [&](const std::string& video) {
    return std::find(names.begin(), names.end(), video.substr(0, video.find('/'))) != names.end();
  });
  if (by_class) {
    MRSN_ASSIGN_OR_RETURN(list, formats::ReadSplitList(path, names));
  }
  if (!list.left_out.empty()) {
    notes->push_back(absl::StrCat(list.left_out.size(), " videos of ", list.left_out_classes.size(),
                                  " other classes in ", path, " are left out, first ",
                                  *list.left_out.begin()));
  }
  return std::vector<std::string>(list.videos.begin(), list.videos.end());
}

absl::StatusOr<std::vector<ActionClass>> ReadClasses(const Ucf24Options& options, const std::string& root,
                                                     std::vector<std::string>* files) {
  const std::string path = absl::StrCat(root, "/", options.classes.empty() ? "classes.txt" : options.classes);
  if (options.classes.empty() && !FileExists(path)) return formats::Ucf24Classes();
  files->push_back(path);
  return ReadClassList(path, 0);
}

// The key frames of all videos.
class Maker {
 public:
  Maker(const Ucf24Options& options, bool has_tubes, const std::vector<std::string>& videos,
        ClipDatasetOptions* clip_dataset)
      : options_(options), has_tubes_(has_tubes), clip_dataset_(clip_dataset) {
    const std::vector<ActionClass>& classes = clip_dataset->classes;
    for (size_t i = 0; i < classes.size(); ++i) index_of_id_[classes[i].id] = static_cast<int>(i);
    for (size_t i = 0; i < videos.size(); ++i) position_[videos[i]] = static_cast<int>(i);
  }

  void Add(const Keyframe& keyframe, absl::Span<const BoxRow> annotated, absl::Span<const BoxRow> detected) {
    const bool every_frame = options_.every_frame && clip_dataset_->usage != Usage::kTrain;
    if (annotated.empty() && !every_frame) return;
    KeyframeRecord record;
    record.keyframe = keyframe;
    record.video = position_.at(keyframe.video);
    record.centre = keyframe.timestamp.Floor() - 1;
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
      truth.push_back({annotated.box, 1, {index_of_id_.at(annotated.class_id)}, annotated.person_id});
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
  std::map<int, int> index_of_id_;  // of classes
  std::map<std::string, int> position_;
  std::map<int, int64_t> frames_of_;  // annotated frames seen of each video
  std::vector<KeyframeRecord> records_;
  ProposalCounts counts_;
};

// Adds every frame of the videos to the key frames that a file names. With kSkipAndCount a video that cannot
// be opened has no others.
absl::Status AddEveryFrame(const std::vector<std::string>& videos, const std::vector<VideoMedia>& media,
                           UnreadablePolicy policy, formats::CsvContents* contents) {
  formats::KeyframeTable& table = contents->blocks.emplace_back().keyframes;
  for (size_t i = 0; i < videos.size(); ++i) {
    const absl::StatusOr<VideoFrames> frames = OpenFrames(media[i]);
    if (!frames.ok()) {
      if (policy == UnreadablePolicy::kFail) return frames.status();
      continue;
    }
    const int video = table.Video(videos[i]);
    for (int64_t frame = 1; frame <= frames->count; ++frame) {
      table.Find(video, frame);
    }
  }
  return absl::OkStatus();
}

}  // namespace

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
  MRSN_ASSIGN_OR_RETURN(clip_dataset.classes, ReadClasses(options, root, &files));
  MRSN_ASSIGN_OR_RETURN(std::vector<std::string> videos,
                        ReadSplit(split_path, clip_dataset.classes, &clip_dataset.notes));
  const absl::flat_hash_set<std::string> listed(videos.begin(), videos.end());
  MRSN_ASSIGN_OR_RETURN(const Annotations annotations,
                        ReadAnnotations(annotations_path, options.frame, clip_dataset.classes, split_path,
                                        listed, clip_dataset.tubelets));
  formats::CsvContents detections;
  const bool has_detections = !options.detections.empty();
  if (has_detections) {
    files.push_back(absl::StrCat(root, "/", options.detections));
    MRSN_ASSIGN_OR_RETURN(detections, ReadDetections(files.back(), options.frame, listed));
  }
  const std::string& boxes_path = files.back();

  std::vector<std::string> with_rows = VideosOf(annotations.boxes);
  if (with_rows.size() < videos.size()) {
    std::vector<std::string> without;
    std::set_difference(videos.begin(), videos.end(), with_rows.begin(), with_rows.end(),
                        std::back_inserter(without));
    clip_dataset.notes.push_back(absl::StrCat(without.size(), " of ", videos.size(), " videos of ",
                                              split_path, " have no annotation and are left out, first ",
                                              without[0]));
    formats::KeepVideos({with_rows.begin(), with_rows.end()}, detections);
    videos = std::move(with_rows);
  }
  MRSN_ASSIGN_OR_RETURN(LocatedMedia media,
                        LocateMedia(root, options.media, videos, clip_dataset.unreadable.policy));
  TakeMedia(std::move(media), &clip_dataset);
  clip_dataset.count_frames = true;
  Maker maker(options, annotations.has_tubes, videos, &clip_dataset);
  const bool infers = clip_dataset.usage != Usage::kTrain;
  if (options.every_frame && infers) {
    MRSN_RETURN_IF_ERROR(
        AddEveryFrame(videos, clip_dataset.videos, clip_dataset.unreadable.policy, &detections));
  }
  VisitBoth(annotations.boxes, BoxTable(detections),
            [&](const Keyframe& keyframe, absl::Span<const BoxRow> annotated,
                absl::Span<const BoxRow> detected) { maker.Add(keyframe, annotated, detected); });
  if (infers && has_detections) {
    const float threshold = options.proposals.inference_score;
    MRSN_RETURN_IF_ERROR(maker.counts().Check(boxes_path, threshold));
    clip_dataset.notes.push_back(maker.counts().Note(boxes_path, threshold));
  }
  clip_dataset.annotation_frame_size = options.frame;
  std::string identity = absl::StrCat("ucf24 keyframe_step ", options.keyframe_step);
  if (options.every_frame && infers) absl::StrAppend(&identity, " every_frame");
  std::vector<std::string> paths;
  for (size_t i = 0; i < videos.size(); ++i) {
    const VideoMedia& media = clip_dataset.videos[i];
    if (media.images.has_value()) {
      absl::StrAppend(&identity, "\n", videos[i], " ", media.count);
      const int64_t missing = CountFrames(clip_dataset.missing_frames[i]);
      if (missing > 0) absl::StrAppend(&identity, " without ", missing);
    } else {
      paths.push_back(media.path);
    }
  }
  MRSN_ASSIGN_OR_RETURN(clip_dataset.fingerprint, FingerprintFiles(identity, files, paths));
  return MakeClipDataset(std::move(clip_dataset), std::move(maker.records()));
}

}  // namespace mrsn::datasets
