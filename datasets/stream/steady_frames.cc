#include "datasets/stream/steady_frames.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

constexpr double kRateTolerance = 0.01;  // 29.97 frames a second where 30 are meant, as AVA's reader
constexpr double kUsualRate = 25;        // of a file that states none
constexpr double kRounding = 1e-6;       // of times, in frames

double RateOf(double file_rate, double wanted) {
  const bool near = wanted <= 0 || std::abs(file_rate / wanted - 1) <= kRateTolerance;
  return near ? file_rate : wanted;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SteadyFrames>> SteadyFrames::Open(const std::string& path, double rate) {
  MRSN_ASSIGN_OR_RETURN(std::unique_ptr<FrameStream> source,
                        FrameStream::Open(path, rate > 0 ? rate : kUsualRate));
  return std::unique_ptr<SteadyFrames>(new SteadyFrames(std::move(source), path, rate));
}

SteadyFrames::SteadyFrames(std::unique_ptr<FrameStream> source, std::string path, double rate)
    : source_(std::move(source)),
      path_(std::move(path)),
      file_rate_(source_->rate() > 0 ? source_->rate() : kUsualRate),
      rate_(RateOf(file_rate_, rate)) {}

double SteadyFrames::stated_seconds() const {
  return source_->stated() > 0 ? static_cast<double>(source_->stated()) / file_rate_ : 0;
}

absl::StatusOr<bool> SteadyFrames::Advance() {
  while (left_ == 0) {
    if (ended_) return false;
    MRSN_RETURN_IF_ERROR(ReadFrame());
  }
  --left_;
  ++position_;
  return true;
}

int64_t SteadyFrames::CopiesUntil(double seconds) const {
  const auto last = static_cast<int64_t>(std::floor(seconds * rate_ + kRounding));
  return std::max<int64_t>(last - position_, 0);
}

absl::Status SteadyFrames::ReadFrame() {
  if (next_.has_value()) held_ = std::move(next_);
  next_.reset();
  MRSN_ASSIGN_OR_RETURN(const bool more, source_->Advance());
  if (!more) {
    ended_ = true;
    if (!held_.has_value()) return absl::OkStatus();
    left_ = CopiesUntil(held_->seconds + 0.5 / file_rate_);
    return absl::OkStatus();
  }
  if (held_.has_value()) left_ = CopiesUntil((held_->seconds + source_->seconds()) / 2);
  MRSN_ASSIGN_OR_RETURN(cv::Mat picture, source_->Frame());
  if (frame_size_.width == 0) frame_size_ = {picture.cols, picture.rows};
  if (picture.cols != frame_size_.width || picture.rows != frame_size_.height) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": frame ", source_->index() + 1, " is ",
                                                   picture.cols, "x", picture.rows, ", frame 1 ",
                                                   frame_size_.width, "x", frame_size_.height));
  }
  next_ = SourceFrame{source_->index(), source_->seconds(), std::move(picture)};
  return absl::OkStatus();
}

}  // namespace mrsn::datasets
