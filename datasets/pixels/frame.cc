#include "datasets/pixels/frame.h"

#include <cstring>
#include <utility>
#include <vector>

#include "datasets/pixels/pixel_matrix.h"

namespace mrsn::datasets {
namespace {

// Copies rows; returns where the next plane begins.
uint8_t* CopyRows(const uint8_t* from, int stride, int width, int height, uint8_t* to) {
  for (int y = 0; y < height; ++y, from += stride, to += width) std::memcpy(to, from, width);
  return to;
}

}  // namespace

Frame::Frame(cv::Mat rgb) : pixels_(std::move(rgb)), width_(pixels_.cols), height_(pixels_.rows) {
  CV_Assert(pixels_.empty() || pixels_.type() == CV_8UC3);
}

Frame::Frame(const YuvPlanes& planes)
    : width_(planes.width), height_(planes.height), is_yuv_(true), range_(planes.range) {
  CV_Assert(width_ > 0 && height_ > 0 && width_ % 2 == 0 && height_ % 2 == 0 && RowKernelsRun());
  pixels_ = NewPixels(1, width_ * height_ / 2 * 3 + kRowPadding, CV_8UC1);
  uint8_t* to = CopyRows(planes.y, planes.y_stride, width_, height_, pixels_.data);
  to = CopyRows(planes.cb, planes.cb_stride, width_ / 2, height_ / 2, to);
  to = CopyRows(planes.cr, planes.cr_stride, width_ / 2, height_ / 2, to);
  std::memset(to, 0, kRowPadding);
}

size_t Frame::bytes() const {
  // The memory behind a part of a larger picture is that of the whole.
  return pixels_.u != nullptr ? pixels_.u->size : pixels_.total() * pixels_.elemSize();
}

cv::Mat Frame::Rgb() const {
  if (!is_yuv_) return pixels_;
  cv::Mat rgb(height_, width_, CV_8UC3);
  std::vector<uint8_t> scratch(3 * (width_ + kRowPadding));
  cv::Mat planes[3];
  RgbRows rows;
  for (int c = 0; c < 3; ++c) {
    rows[c] = scratch.data() + c * (width_ + kRowPadding);
    planes[c] = cv::Mat(1, width_, CV_8UC1, rows[c]);
  }
  for (int y = 0; y < height_; ++y) {
    ReadRow(y, rows);
    cv::Mat row = rgb.row(y);
    cv::merge(planes, 3, row);
  }
  return rgb;
}

void Frame::ReadRow(int y, const RgbRows& rows) const {
  if (!is_yuv_) {
    SplitRgbRow(pixels_.ptr<uint8_t>(y), width_, rows);
    return;
  }
  const size_t luma = static_cast<size_t>(width_) * height_;
  const size_t chroma_row = static_cast<size_t>(y / 2) * (width_ / 2);
  const uint8_t* cb = pixels_.data + luma + chroma_row;
  YuvToRgbRow(range_, pixels_.data + static_cast<size_t>(y) * width_, cb, cb + luma / 4, width_, rows);
}

}  // namespace mrsn::datasets
