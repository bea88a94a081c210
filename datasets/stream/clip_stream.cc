#include "datasets/stream/clip_stream.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/augmentation.h"
#include "opencv2/imgproc.hpp"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr double kLeastFrames = 0.99;  // from one key frame to the next, less a rounding of the rate
constexpr int64_t kUnknownLength = std::numeric_limits<int64_t>::max() / 2;

int64_t LastOf(const ClipIndices& clip) {
  return std::max(clip.slow.back(), clip.fast.empty() ? 0 : clip.fast.back());
}

// Of inference nothing is drawn at random.
SplitMix64 NoChance() { return SplitMix64(0); }

}  // namespace

absl::StatusOr<std::unique_ptr<ClipStream>> ClipStream::Open(const std::string& path,
                                                             const ClipStreamOptions& options) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<SteadyFrames> frames, SteadyFrames::Open(path, options.rate));
  if (!(options.every * frames->rate() >= kLeastFrames)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": key frames every ", options.every, " seconds; at ", frames->rate(),
                     " frames a second they are at least ", 1 / frames->rate(), " seconds apart"));
  }
  return std::unique_ptr<ClipStream>(new ClipStream(std::move(frames), options));
}

ClipStream::ClipStream(std::unique_ptr<SteadyFrames> frames, const ClipStreamOptions& options)
    : frames_(std::move(frames)), options_(options) {}

int64_t ClipStream::stated_keyframes() const {
  const double rate = frames_->rate();
  const double last = std::floor((frames_->stated_seconds() - 0.5 / frames_->file_rate()) * rate);
  // Key frame k is frame number round(k * every * rate).
  return std::max<int64_t>(0, static_cast<int64_t>(std::ceil((last + 0.5) / (options_.every * rate))));
}

absl::StatusOr<std::optional<StreamedClip>> ClipStream::Next() {
  while (pending_.empty() || !IsReady(pending_.front())) {
    if (ended_) return std::nullopt;  // then every clip that is left is ready
    MRSN_ASSIGN_OR_RETURN(const bool more, frames_->Advance());
    if (more) {
      TakeFrame();
    } else {
      ended_ = true;
    }
  }
  StreamedClip clip = MakeClip(pending_.front());
  pending_.pop_front();
  DropOld();
  return clip;
}

void ClipStream::TakeFrame() {
  if (taken_ == 0) {
    SplitMix64 random = NoChance();
    geometry_ = PlanClip(options_.transform, Usage::kInference, frames_->frame_size(), &random).geometry;
  }
  if (frames_->index() == last_index_) {
    kept_.push_back(kept_.back());
  } else {
    cv::cvtColor(TransformFrame(frames_->picture(), geometry_), kept_.emplace_back(), cv::COLOR_BGR2RGB);
  }
  last_index_ = frames_->index();
  ++taken_;
  const double seconds = static_cast<double>(next_keyframe_) * options_.every;
  if (std::llround(seconds * frames_->rate()) <= frames_->position()) {
    pending_.push_back({seconds, frames_->position(), frames_->index(), frames_->picture()});
    ++next_keyframe_;
  }
  DropOld();
}

bool ClipStream::IsReady(const Pending& pending) const {
  return ended_ || LastOf(SampleClip(pending.position, kUnknownLength, options_.clip)) < taken_;
}

StreamedClip ClipStream::MakeClip(const Pending& pending) const {
  const ClipIndices indices = SampleClip(pending.position, ended_ ? taken_ : kUnknownLength, options_.clip);
  const auto stacked = [&](const std::vector<int64_t>& numbers) {
    std::vector<const cv::Mat*> chosen;
    for (const int64_t number : numbers) chosen.push_back(&kept_[number - first_kept_]);
    return StackFrames(chosen);
  };
  StreamedClip clip;
  clip.seconds = pending.seconds;
  clip.frame = pending.frame;
  clip.picture = pending.picture;
  clip.sample.slow = stacked(indices.slow);
  if (!indices.fast.empty()) clip.sample.fast = stacked(indices.fast);
  clip.sample.scaling = options_.transform.scaling;
  return clip;
}

void ClipStream::PutPersons(std::vector<Actor> persons, Sample* sample) const {
  sample->actors = std::move(persons);
  SplitMix64 random = NoChance();
  MoveBoxes(options_.transform, Usage::kInference, geometry_, &random, sample);
}

// A key frame yet to come lies behind the frames taken; its clip begins half a clip before it. The last frame
// stays, because it may come once more.
void ClipStream::DropOld() {
  const int64_t next = pending_.empty() ? taken_ - 1 : pending_.front().position;
  const int64_t first_wanted = next - int64_t{options_.clip.frames} * options_.clip.stride / 2;
  for (; first_kept_ < first_wanted && !kept_.empty(); ++first_kept_) kept_.pop_front();
}

}  // namespace mrsn::datasets
