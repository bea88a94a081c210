#include "experiments/report/keyframe_images.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "datasets/open_dataset.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr int kJpegQuality = 80;
constexpr size_t kShownDigits = 12;  // of a fingerprint

// BGR, as OpenCV writes it.
cv::Mat FirstFrame(const datasets::FrameStack& stack) {
  cv::Mat bgr(stack.height, stack.width, CV_8UC3);
  for (int y = 0; y < stack.height; ++y) {
    auto* row = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < stack.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int64_t plane = int64_t{c} * stack.frames;
        row[x][2 - c] = stack.values[(plane * stack.height + y) * stack.width + x];
      }
    }
  }
  return bgr;
}

}  // namespace

absl::StatusOr<KeyframeImages> KeyframeImages::Open(DatasetConfig config, const std::string& data_root,
                                                    const std::string& cache_root,
                                                    const std::string& fingerprint) {
  // The key frame alone, whole and in its own size. None of this is part of the fingerprint.
  config.clear_clip();
  config.mutable_clip()->set_frames(1);
  config.mutable_clip()->set_stride(1);
  config.clear_transform();
  config.mutable_transform()->set_short_side(0);
  datasets::GeneratedData generated;
  generated.folder = cache_root;
  generated.make = false;
  datasets::Unreadable unreadable;
  unreadable.policy = datasets::UnreadablePolicy::kSkipAndCount;
  unreadable.most = 1;
  MRSN_ASSIGN_OR_RETURN(
      std::unique_ptr<datasets::Dataset> dataset,
      datasets::OpenDataset(config, datasets::Usage::kInference, data_root, generated, unreadable));
  if (dataset->Fingerprint() != fingerprint) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data there has the fingerprint ", dataset->Fingerprint().substr(0, kShownDigits),
                     ", the results were measured on ", fingerprint.substr(0, kShownDigits)));
  }
  return KeyframeImages(std::move(dataset));
}

absl::StatusOr<KeyframeImage> KeyframeImages::Read(const Keyframe& keyframe) const {
  int64_t low = 0, high = dataset_->size();
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (dataset_->keyframe(middle) < keyframe) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == dataset_->size() || !(dataset_->keyframe(low) == keyframe)) {
    return absl::NotFoundError(
        absl::StrCat("the data has no key frame ", keyframe.video, ",", keyframe.timestamp.Text()));
  }
  MRSN_ASSIGN_OR_RETURN(const datasets::Sample sample, dataset_->Load(low, 0));
  cv::Mat picture = FirstFrame(sample.slow);
  KeyframeImage image;
  image.width = KeyframeImage::kWidth;
  image.height = std::max(1, static_cast<int>(std::lround(static_cast<double>(KeyframeImage::kWidth) *
                                                          picture.rows / picture.cols)));
  if (picture.cols > image.width) {
    cv::resize(picture, picture, cv::Size(image.width, image.height), 0, 0, cv::INTER_AREA);
  }
  std::vector<uchar> bytes;
  if (!cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality})) {
    return absl::InternalError("a key frame cannot be written as JPEG");
  }
  image.jpeg.assign(bytes.begin(), bytes.end());
  return image;
}

Box KeyframeImages::Normalised(const formats::BoxD& box) const {
  const bool pixels = dataset_->annotation_unit() == datasets::BoxUnit::kPixels;
  const datasets::FrameSize frame = dataset_->annotation_frame_size();
  const double width = pixels ? frame.width : 1, height = pixels ? frame.height : 1;
  return {static_cast<float>(box.x1 / width), static_cast<float>(box.y1 / height),
          static_cast<float>(box.x2 / width), static_cast<float>(box.y2 / height)};
}

}  // namespace mrsn::experiments
