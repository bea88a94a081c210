#include "datasets/extract/frame_selector.h"

#include <algorithm>
#include <cmath>

namespace mrsn::datasets {
namespace {

// FFmpeg's thresholds, in output frames.
constexpr double kDropBelow = -1.1, kRepeatAbove = 1.1, kPreviousShare = 0.6;

// Times are multiples of 1 / source rate in binary floating point: 2.4999999 is meant to be 2.5.
constexpr double kRounding = 1e-6;

int64_t Rounded(double value) { return static_cast<int64_t>(std::floor(value + 0.5 + kRounding)); }

// To the nearest even number in the middle, as lrint.
int64_t RoundedToEven(double value) {
  const double near = std::floor(value * 2 + 0.5) / 2;
  return std::lrint(std::abs(value - near) < kRounding ? near : value);
}

int64_t Middle(std::array<int64_t, 3> values) {
  std::sort(values.begin(), values.end());
  return values[1];
}

}  // namespace

FrameSelector::FrameSelector(FrameRule rule, double rate, double source_rate)
    : rule_(rule), rate_(rate), duration_(1) {
  if (source_rate <= 0) return;
  const double frames = rate / source_rate;
  const int64_t whole = RoundedToEven(frames);
  duration_ = whole > 0 ? static_cast<double>(whole) : std::min(frames, 1.0);
}

FrameSelector::Copies FrameSelector::Add(double seconds) {
  if (rule_ == FrameRule::kFfmpegRate) return AddLikeFfmpeg(seconds);
  Copies copies;
  // The slots up to this frame's are the previous frame's.
  const int64_t slot = Rounded(seconds * rate_);
  if (!first_ && slot > next_) {
    copies.previous = slot - next_;
    next_ = slot;
  }
  first_ = false;
  return copies;
}

FrameSelector::Copies FrameSelector::AddLikeFfmpeg(double seconds) {
  // FFmpeg moves times off the middle between two output frames.
  const double time = seconds * rate_ + (seconds > 0 ? std::ldexp(1, -17) : 0);
  const double ahead = time - static_cast<double>(next_);
  const double delta = ahead + duration_;
  Copies copies;
  copies.current = 1;
  if (delta < kDropBelow - kRounding) {
    copies.current = 0;
  } else if (delta > kRepeatAbove + kRounding) {
    const int64_t frames = std::lrint(delta);
    if (ahead > kRepeatAbove + kRounding) copies.previous = std::llround(ahead - kPreviousShare);
    copies.previous = std::min(copies.previous, frames);
    copies.current = frames - copies.previous;
  }
  if (first_) {
    copies.current += copies.previous;
    copies.previous = 0;
  }
  first_ = false;
  last_previous_ = {copies.previous, last_previous_[0], last_previous_[1]};
  next_ += copies.previous + copies.current;
  return copies;
}

int64_t FrameSelector::Finish(double end) {
  if (first_) return 0;
  int64_t more = rule_ == FrameRule::kFfmpegRate ? Middle(last_previous_)
                                                 : std::max<int64_t>(0, Rounded(end * rate_) - next_);
  // A video shorter than half an output frame still is one.
  if (next_ + more == 0) more = 1;
  next_ += more;
  return more;
}

}  // namespace mrsn::datasets
