#include "datasets/clip_dataset.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

class ClipDataset : public Dataset {
 public:
  ClipDataset(ClipDatasetOptions options, std::vector<KeyframeRecord> records)
      : options_(std::move(options)), records_(std::move(records)), cache_(options_.cache_bytes) {
    std::stable_sort(records_.begin(), records_.end(), [](const KeyframeRecord& a, const KeyframeRecord& b) {
      return a.keyframe < b.keyframe;
    });
  }

  int64_t size() const override { return records_.size(); }
  const Keyframe& keyframe(int64_t index) const override { return records_[index].keyframe; }
  const std::vector<ActionClass>& classes() const override { return options_.classes; }
  FrameSize annotation_frame_size() const override { return options_.annotation_frame_size; }
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
    MRSN_ASSIGN_OR_RETURN(std::shared_ptr<const DecodedVideo> video,
                          cache_.Get(options_.video_paths[record.video]));
    if (record.centre >= static_cast<int64_t>(video->frames.size())) {
      return absl::DataLossError(absl::StrCat(options_.video_paths[record.video], ": has ",
                                              video->frames.size(), " frames; the key frame is number ",
                                              record.centre, " from 0"));
    }
    const ClipIndices clip = SampleClip(record.centre, video->frames.size(), options_.clip);

    Sample sample;
    sample.keyframe = record.keyframe;
    sample.actors = record.actors;
    TransformOptions transform = options_.transform;
    Random random(augmentation_seed);
    transform.flip = options_.usage == Usage::kTrain && random.Chance(options_.flip_probability);
    if (options_.tubelets && options_.usage == Usage::kTrain) {
      for (Actor& actor : sample.actors) {
        const Tube& tube = options_.tubes.at({record.video, actor.person_id});
        actor.tubelet = MakeTubelet(tube, clip.slow, record.centre);
      }
    }
    if (transform.flip) {
      for (Actor& actor : sample.actors) {
        actor.box = FlipBox(actor.box);
        for (Box& box : actor.tubelet) box = FlipBox(box);
      }
    }

    const auto transformed = [&](const std::vector<int64_t>& numbers) {
      std::vector<const cv::Mat*> frames;
      for (const int64_t number : numbers) frames.push_back(&video->frames[number]);
      return TransformFrames(frames, transform);
    };
    sample.slow = transformed(clip.slow);
    if (!clip.fast.empty()) sample.fast = transformed(clip.fast);
    return sample;
  }

 private:
  const ClipDatasetOptions options_;
  std::vector<KeyframeRecord> records_;
  mutable VideoCache cache_;
};

}  // namespace

std::unique_ptr<Dataset> MakeClipDataset(ClipDatasetOptions options, std::vector<KeyframeRecord> records) {
  return std::make_unique<ClipDataset>(std::move(options), std::move(records));
}

}  // namespace mrsn::datasets
