#include "datasets/video/swscale_check.h"

#include <cstdint>

extern "C" {
#include <libswscale/swscale.h>
}

#include "datasets/pixels/frame.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {
namespace {

constexpr int kLevels = 256,
              kSide = 2 * kLevels;  // each pair of levels fills 2x2 pixels, which share Cb and Cr

bool Compare(LumaRange range) {
  if (!RowKernelsRun()) return false;
  cv::Mat luma(kSide, kSide, CV_8UC1), cb(kLevels, kLevels, CV_8UC1), cr(kLevels, kLevels, CV_8UC1);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      luma.at<uint8_t>(y, x) = static_cast<uint8_t>(x / 2);
      cb.at<uint8_t>(y / 2, x / 2) = static_cast<uint8_t>(y / 2);
      // For a level of luma it takes every value, and green meets many pairs of Cb and Cr.
      cr.at<uint8_t>(y / 2, x / 2) = static_cast<uint8_t>(5 * (y / 2) + 3 * (x / 2));
    }
  }
  const AVPixelFormat format = range == LumaRange::kFull ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
  SwsContext* context = sws_getContext(kSide, kSide, format, kSide, kSide, AV_PIX_FMT_RGB24, SWS_BICUBIC,
                                       nullptr, nullptr, nullptr);
  if (context == nullptr) return false;
  cv::Mat theirs(kSide, kSide, CV_8UC3);
  const uint8_t* from[4] = {luma.data, cb.data, cr.data, nullptr};
  const int from_step[4] = {kSide, kLevels, kLevels, 0};
  uint8_t* to[4] = {theirs.data, nullptr, nullptr, nullptr};
  const int to_step[4] = {3 * kSide, 0, 0, 0};
  sws_scale(context, from, from_step, 0, kSide, to, to_step);
  sws_freeContext(context);
  const Frame ours({kSide, kSide, range, luma.data, cb.data, cr.data, kSide, kLevels, kLevels});
  return cv::norm(ours.Rgb(), theirs, cv::NORM_INF) == 0;
}

}  // namespace

bool FramesConvertAsSwscale(LumaRange range) {
  static const bool limited = Compare(LumaRange::kLimited), full = Compare(LumaRange::kFull);
  return range == LumaRange::kFull ? full : limited;
}

}  // namespace mrsn::datasets
