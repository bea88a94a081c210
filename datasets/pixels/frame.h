// One decoded frame.
#ifndef MRSN_DATASETS_PIXELS_FRAME_H_
#define MRSN_DATASETS_PIXELS_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "datasets/pixels/row_kernels.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// The planes of a picture of even width and height, 4:2:0: Cb and Cr have half of its width and height.
// Rows begin `strides` bytes apart.
struct YuvPlanes {
  int width = 0, height = 0;
  LumaRange range = LumaRange::kLimited;
  const uint8_t* y = nullptr;
  const uint8_t* cb = nullptr;
  const uint8_t* cr = nullptr;
  int y_stride = 0, cb_stride = 0, cr_stride = 0;
};

// 8-bit RGB, or what the decoder of a video or a JPEG image gives: Y'CbCr, which takes half of the memory and
// becomes RGB row by row when it is used. Copies share their memory, which nobody writes to.
class Frame {
 public:
  Frame() = default;
  explicit Frame(cv::Mat rgb);              // CV_8UC3, rows from the top
  explicit Frame(const YuvPlanes& planes);  // copies them; RowKernelsRun() has to be true

  // A JPEG image, 4:2:0, whose sides are even and whose width is kFewestJpegColumns or more. `fill` writes
  // the planes y, cb and cr, rows without gaps; where it returns false, the frame is empty.
  // RowKernelsRun() has to be true.
  static constexpr int kFewestJpegColumns = 6;  // libjpeg enlarges narrower chroma by another rule
  using FillPlanes = std::function<bool(const std::array<uint8_t*, 3>& planes)>;
  static Frame OfJpeg(int width, int height, const FillPlanes& fill);

  bool empty() const { return pixels_.empty(); }
  int width() const { return width_; }
  int height() const { return height_; }
  cv::Size size() const { return {width_, height_}; }
  size_t bytes() const;  // of memory

  cv::Mat Rgb() const;  // CV_8UC3; not to be written to

  // One row as rows of R, G and B, which have room for kRowPadding bytes more. RowKernelsRun() has to be
  // true.
  void ReadRow(int y, const RgbRows& rows) const;

 private:
  enum class Kind { kRgb, kVideo, kJpeg };
  Frame(int width, int height, Kind kind);  // room for planes
  std::array<uint8_t*, 3> Planes() const;

  // RGB, or the planes y, cb and cr, one behind the other without gaps and with kRowPadding bytes more.
  cv::Mat pixels_;
  int width_ = 0, height_ = 0;
  Kind kind_ = Kind::kRgb;
  LumaRange range_ = LumaRange::kLimited;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PIXELS_FRAME_H_
