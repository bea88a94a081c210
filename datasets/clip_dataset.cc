#include "datasets/clip_dataset.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/augmentation.h"
#include "datasets/colours.h"
#include "datasets/pixels/frame.h"
#include "datasets/transforms.h"
#include "datasets/video/video_store.h"
#include "datasets/video_frames.h"
#include "ops/base/fingerprint.h"
#include "ops/base/parallel.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

std::vector<std::string> PathsOf(const std::vector<VideoMedia>& videos) {
  std::vector<std::string> paths;
  for (const VideoMedia& video : videos) paths.push_back(video.path);
  return paths;
}

class ClipDataset : public Dataset {
 public:
  // `flow` describes the flow of each video; empty without options.flow.
  ClipDataset(ClipDatasetOptions options, std::vector<KeyframeRecord> records, std::vector<FlowInfo> flow)
      : options_(std::move(options)),
        records_(std::move(records)),
        flow_(std::move(flow)),
        store_(StoreOptions(options_)) {
    std::stable_sort(records_.begin(), records_.end(), [](const KeyframeRecord& a, const KeyframeRecord& b) {
      return a.keyframe < b.keyframe;
    });
  }

  int64_t size() const override { return records_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return records_[index].keyframe; }
  const std::vector<ActionClass>& classes() const override { return options_.classes; }
  FrameSize annotation_frame_size() const override { return options_.annotation_frame_size; }
  std::vector<VideoMedia> Videos() const override { return options_.videos; }
  std::vector<std::string> Notes() const override { return options_.notes; }
  std::string Fingerprint() const override { return options_.fingerprint; }

  std::vector<AnnotatedBox> GroundTruth() const override {
    std::vector<AnnotatedBox> all;
    for (const KeyframeRecord& record : records_) {
      all.insert(all.end(), record.annotations.begin(), record.annotations.end());
    }
    return all;
  }

  absl::StatusOr<Sample> Load(int64_t index, uint64_t augmentation_seed) const override {
    const KeyframeRecord& record = records_[index];
    MRSN_ASSIGN_OR_RETURN(const VideoFrames video, Open(record.video));
    MRSN_RETURN_IF_ERROR(CheckFrames(record, video.count));
    const ClipIndices clip = SampleClip(record.centre, video.count, options_.clip);
    SplitMix64 random(augmentation_seed);
    MRSN_ASSIGN_OR_RETURN(ClipFrames frames, ReadFrames(video, clip, &random));

    Sample sample;
    sample.keyframe = record.keyframe;
    sample.actors = record.actors;
    sample.scaling = options_.transform.scaling;
    sample.mirrored = frames.plan.geometry.flip;
    if (options_.tubelets && options_.usage == Usage::kTrain) {
      for (Actor& actor : sample.actors) {
        const Tube& tube = options_.tubes.at({record.video, actor.person_id});
        actor.tubelet = MakeTubelet(tube, clip.slow, record.centre);
      }
    }
    PutObjects(record.keyframe, &sample);
    MoveBoxes(options_.transform, options_.usage, frames.plan.geometry, &random, &sample);

    PutPathways(clip, frames.numbers, std::move(frames.stack), &sample);
    if (options_.flow.has_value()) {
      MRSN_ASSIGN_OR_RETURN(const std::vector<cv::Mat> flow,
                            LoadFlow(record.video, video.count, frames.size, clip.slow));
      sample.flow = TransformFlow(flow, frames.plan.geometry);
    }
    return sample;
  }

  absl::StatusOr<Sample> LoadPersons(int64_t index, uint64_t augmentation_seed) const override {
    if (options_.transform.augmentation != Augmentation::kNoneOrFlip || options_.tubelets) {
      return absl::UnimplementedError(
          "persons without their clip: only with transform.augmentation NONE_OR_FLIP, and without tubelets");
    }
    const KeyframeRecord& record = records_[index];
    Sample sample;
    sample.keyframe = record.keyframe;
    sample.actors = record.actors;
    sample.scaling = options_.transform.scaling;
    SplitMix64 random(augmentation_seed);
    // Boxes of a whole frame are normalised to it, so that any size will do.
    const ClipPlan plan = PlanClip(options_.transform, options_.usage, {256, 256}, &random);
    sample.mirrored = plan.geometry.flip;
    PutObjects(record.keyframe, &sample);
    MoveBoxes(options_.transform, options_.usage, plan.geometry, &random, &sample);
    return sample;
  }

  // The clips of which it is known that they cannot be read.
  absl::Status CheckClips() {
    const std::vector<absl::StatusOr<int64_t>> counts = FrameCounts();
    int64_t unreadable = 0;
    absl::Status first;
    for (const KeyframeRecord& record : records_) {
      const absl::StatusOr<int64_t>& count = counts[record.video];
      if (count.ok() && *count == kUnknown) continue;
      const absl::Status state = count.ok() ? CheckFrames(record, *count) : count.status();
      if (state.ok() || unreadable++ > 0) continue;
      first = absl::Status(
          state.code(),
          absl::StrCat(record.keyframe.video, ",", record.keyframe.timestamp.Text(), ": ", state.message()));
    }
    if (unreadable == 0) return absl::OkStatus();
    const std::string text = absl::StrCat(unreadable, " of ", records_.size(),
                                          " clips cannot be read, first that of key frame ", first.message());
    if (options_.unreadable.policy == UnreadablePolicy::kFail) {
      return absl::Status(first.code(),
                          text + "; with train.unreadable_clips: SKIP_AND_COUNT they are left out");
    }
    const double most = options_.unreadable.most;
    if (static_cast<double>(unreadable) > most * static_cast<double>(records_.size())) {
      return absl::DataLossError(absl::StrCat(text, "; more than ", 100 * most, " %, train.most_unreadable"));
    }
    options_.notes.push_back(text + "; they are left out");
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kUnknown = -1;  // number of frames

  // The frames of a clip, each once and transformed.
  struct ClipFrames {
    std::vector<int64_t> numbers;  // from 0, ascending
    cv::Size size;                 // as they were read
    ClipPlan plan;
    FrameStack stack;  // in the order of `numbers`
  };

  void PutObjects(const Keyframe& keyframe, Sample* sample) const {
    if (!options_.objects.has_value()) return;
    sample->has_objects = true;
    const auto found = options_.objects->find(keyframe);
    if (found != options_.objects->end()) sample->objects = found->second;
  }

  absl::StatusOr<VideoFrames> Open(int video) const {
    const VideoMedia& media = options_.videos[video];
    if (media.images.has_value()) return FramesOf(*media.images, media.count);
    return FramesOf(store_, media.path);
  }

  // An error if a frame of the clip is not there. `count`: the frames of the record's video.
  absl::Status CheckFrames(const KeyframeRecord& record, int64_t count) const {
    const VideoMedia& media = options_.videos[record.video];
    if (record.centre < 0 || record.centre >= count) {
      return absl::DataLossError(absl::StrCat(media.path, ": has ", count,
                                              " frames; the key frame is number ", record.centre, " from 0"));
    }
    const bool complete = options_.missing_frames.empty() || options_.missing_frames[record.video].empty();
    if (complete) return absl::OkStatus();
    const FrameRanges& missing = options_.missing_frames[record.video];
    const ClipIndices clip = SampleClip(record.centre, count, options_.clip);
    for (const std::vector<int64_t>* frames : {&clip.slow, &clip.fast}) {
      for (const int64_t frame : *frames) {
        if (!HasFrame(missing, frame)) continue;
        return absl::NotFoundError(absl::StrCat(media.images->PathOf(frame), ": no such file"));
      }
    }
    return absl::OkStatus();
  }

  // Of every video, or why it cannot be read, or kUnknown.
  std::vector<absl::StatusOr<int64_t>> FrameCounts() {
    std::vector<absl::StatusOr<int64_t>> counts(options_.videos.size(), kUnknown);
    std::atomic<size_t> next{0};
    RunTasks(options_.count_frames ? DefaultThreads() : 1, [&](int) {
      for (size_t i = next++; i < counts.size(); i = next++) {
        const VideoMedia& media = options_.videos[i];
        if (media.images.has_value()) {
          counts[i] = media.count;
        } else if (options_.count_frames) {
          const auto index = store_.Index(media.path);
          counts[i] = index.ok() ? absl::StatusOr<int64_t>((*index)->frames()) : index.status();
        }
      }
    });
    return counts;
  }

  // Each frame goes into the stack as soon as it is decoded. The first draws from `random` are the plan's.
  absl::StatusOr<ClipFrames> ReadFrames(const VideoFrames& video, const ClipIndices& clip,
                                        SplitMix64* random) const {
    std::set<int64_t> distinct(clip.slow.begin(), clip.slow.end());
    distinct.insert(clip.fast.begin(), clip.fast.end());
    ClipFrames frames;
    frames.numbers.assign(distinct.begin(), distinct.end());
    const SplitMix64 fresh = *random;
    std::optional<FrameStacker> stacker;
    MRSN_RETURN_IF_ERROR(video.visit(frames.numbers, [&](int64_t number, const Frame& frame) {
      if (!stacker.has_value() || frame.size() != frames.size) {  // another size: all frames come anew
        frames.size = frame.size();
        *random = fresh;
        frames.plan = PlanClip(options_.transform, options_.usage, {frame.width(), frame.height()}, random);
        stacker.emplace(static_cast<int>(frames.numbers.size()), frames.size, frames.plan.geometry);
      }
      const auto at = std::lower_bound(frames.numbers.begin(), frames.numbers.end(), number);
      const int position = static_cast<int>(at - frames.numbers.begin());
      if (frames.plan.colours.ChangesNothing()) {
        stacker->Put(frame, position);
      } else {
        stacker->PutTransformed(
            ChangeColours(TransformFrame(frame.Rgb(), frames.plan.geometry), frames.plan.colours), position);
      }
      return absl::OkStatus();
    }));
    frames.stack = stacker->Take();
    return frames;
  }

  // `stack` has the frames `numbers`: each was decoded and transformed once, whichever pathways show it.
  static void PutPathways(const ClipIndices& clip, const std::vector<int64_t>& numbers, FrameStack stack,
                          Sample* sample) {
    const auto pick = [&](const std::vector<int64_t>& chosen) {
      std::vector<int> positions;
      for (const int64_t number : chosen) {
        const auto at = std::lower_bound(numbers.begin(), numbers.end(), number);
        positions.push_back(static_cast<int>(at - numbers.begin()));
      }
      return PickFrames(stack, positions);
    };
    const bool two = !clip.fast.empty();
    if (two) sample->slow = pick(clip.slow);
    const std::vector<int64_t>& longer = two ? clip.fast : clip.slow;
    (two ? sample->fast : sample->slow) = longer == numbers ? std::move(stack) : pick(longer);
  }

  static VideoStoreOptions StoreOptions(const ClipDatasetOptions& options) {
    VideoStoreOptions store;
    store.frame_bytes = options.cache_bytes;
    return store;
  }

  // The flow of some frames of a video that has `count` frames of `size`.
  absl::StatusOr<std::vector<cv::Mat>> LoadFlow(int video, int64_t count, cv::Size size,
                                                const std::vector<int64_t>& numbers) const {
    const FlowInfo& info = flow_[video];
    const std::string folder = FlowFolder(options_.videos[video].path, options_.flow->method);
    const auto error = [&](absl::StatusCode code, absl::string_view what) {
      return absl::Status(
          code, absl::StrCat(what, "; delete ", folder, " and make it anew: ", options_.flow->command));
    };
    if (info.frames() != count || info.width() != size.width || info.height() != size.height) {
      return error(
          absl::StatusCode::kFailedPrecondition,
          absl::StrCat(FlowInfoPath(folder), ": ", info.frames(), " frames of ", info.width(), "x",
                       info.height(), ", the video has ", count, " of ", size.width, "x", size.height));
    }
    std::vector<cv::Mat> flow;
    for (size_t t = 0; t < numbers.size(); ++t) {
      if (t > 0 && numbers[t] == numbers[t - 1]) {  // clamped to the video's end
        flow.push_back(flow.back());
        continue;
      }
      absl::StatusOr<cv::Mat> read = ReadFlow(folder, info, numbers[t]);
      if (!read.ok()) return error(read.status().code(), read.status().message());
      flow.push_back(*std::move(read));
    }
    return flow;
  }

  ClipDatasetOptions options_;
  std::vector<KeyframeRecord> records_;
  const std::vector<FlowInfo> flow_;
  mutable VideoStore store_;
};

// Describes each video's flow; an error if a flow folder is not complete.
absl::StatusOr<std::vector<FlowInfo>> CheckFlow(const std::vector<std::string>& videos,
                                                const FlowOptions& options) {
  std::vector<FlowInfo> infos;
  absl::Status first;
  int64_t lacking = 0;
  for (const std::string& video : videos) {
    absl::StatusOr<FlowInfo> info = CheckFlowFolder(FlowFolder(video, options.method), options.method);
    if (info.ok()) {
      infos.push_back(*std::move(info));
    } else if (++lacking == 1) {
      first = info.status();
    }
  }
  if (lacking == 0) return infos;
  return absl::Status(first.code(), absl::StrCat(lacking, " of ", videos.size(), " videos lack complete ",
                                                 FlowMethodName(options.method), " flow, first ",
                                                 first.message(), "; make it: ", options.command));
}

}  // namespace

void TakeMedia(LocatedMedia media, ClipDatasetOptions* options) {
  options->videos = std::move(media.videos);
  options->missing_frames = std::move(media.missing);
  for (std::string& fault : media.faults) options->notes.push_back(std::move(fault));
}

absl::StatusOr<std::unique_ptr<Dataset>> MakeClipDataset(ClipDatasetOptions options,
                                                         std::vector<KeyframeRecord> records) {
  std::vector<FlowInfo> flow;
  if (options.flow.has_value()) {
    MRSN_ASSIGN_OR_RETURN(flow, CheckFlow(PathsOf(options.videos), *options.flow));
    std::string made = options.fingerprint;
    for (const FlowInfo& info : flow) absl::StrAppend(&made, "\n", info.SerializeAsString());
    options.fingerprint = Fingerprint(made);
  }
  if (options.objects.has_value()) {
    options.fingerprint = Fingerprint(absl::StrCat(options.fingerprint, "\n", options.objects_fingerprint));
  }
  auto dataset = std::make_unique<ClipDataset>(std::move(options), std::move(records), std::move(flow));
  MRSN_RETURN_IF_ERROR(dataset->CheckClips());
  return dataset;
}

}  // namespace mrsn::datasets
