#include "datasets/pixels/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "datasets/pixels/pixel_matrix.h"

namespace mrsn::datasets {
namespace {

void CopyRows(const uint8_t* from, int stride, int width, int height, uint8_t* to) {
  for (int y = 0; y < height; ++y, from += stride, to += width) std::memcpy(to, from, width);
}

}  // namespace

Frame::Frame(cv::Mat rgb) : pixels_(std::move(rgb)), width_(pixels_.cols), height_(pixels_.rows) {
  CV_Assert(pixels_.empty() || pixels_.type() == CV_8UC3);
}

Frame::Frame(int width, int height, Kind kind) : width_(width), height_(height), kind_(kind) {
  CV_Assert(width_ > 0 && height_ > 0 && width_ % 2 == 0 && height_ % 2 == 0 && RowKernelsRun());
  const int bytes = width_ * height_ / 2 * 3;
  pixels_ = NewPixels(1, bytes + kRowPadding, CV_8UC1);
  std::memset(pixels_.data + bytes, 0, kRowPadding);
}

std::array<uint8_t*, 3> Frame::Planes() const {
  const size_t luma = static_cast<size_t>(width_) * height_;
  return {pixels_.data, pixels_.data + luma, pixels_.data + luma + luma / 4};
}

Frame::Frame(const YuvPlanes& planes) : Frame(planes.width, planes.height, Kind::kVideo) {
  range_ = planes.range;
  const auto [y, cb, cr] = Planes();
  CopyRows(planes.y, planes.y_stride, width_, height_, y);
  CopyRows(planes.cb, planes.cb_stride, width_ / 2, height_ / 2, cb);
  CopyRows(planes.cr, planes.cr_stride, width_ / 2, height_ / 2, cr);
}

Frame Frame::OfJpeg(int width, int height, const FillPlanes& fill) {
  CV_Assert(width >= kFewestJpegColumns);
  Frame frame(width, height, Kind::kJpeg);
  return fill(frame.Planes()) ? frame : Frame();
}

size_t Frame::bytes() const {
  // The memory behind a part of a larger picture is that of the whole.
  return pixels_.u != nullptr ? pixels_.u->size : pixels_.total() * pixels_.elemSize();
}

cv::Mat Frame::Rgb() const {
  if (kind_ == Kind::kRgb) return pixels_;
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
  if (kind_ == Kind::kRgb) {
    SplitRgbRow(pixels_.ptr<uint8_t>(y), width_, rows);
    return;
  }
  const auto [luma, cb, cr] = Planes();
  const uint8_t* row = luma + static_cast<size_t>(y) * width_;
  const auto chroma = [&](const uint8_t* plane, int at) {
    return plane + static_cast<size_t>(at) * (width_ / 2);
  };
  const int near = y / 2;
  if (kind_ == Kind::kVideo) {
    YuvToRgbRow(range_, row, chroma(cb, near), chroma(cr, near), width_, rows);
    return;
  }
  const int far = std::clamp(y % 2 == 0 ? near - 1 : near + 1, 0, height_ / 2 - 1);
  JpegToRgbRow(row, {chroma(cb, near), chroma(cb, far)}, {chroma(cr, near), chroma(cr, far)}, width_, rows);
}

}  // namespace mrsn::datasets
