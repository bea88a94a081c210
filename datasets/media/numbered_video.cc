#include "datasets/media/numbered_video.h"

#include <cstdlib>

#include "opencv2/videoio.hpp"

namespace mrsn::datasets {
namespace {
constexpr int kBits = 16;
}

cv::Mat NumberedFrame(int number, cv::Size size) {
  cv::Mat frame(size, CV_8UC3);
  for (int bit = 0; bit < kBits; ++bit) {
    const int left = bit * size.width / kBits, right = (bit + 1) * size.width / kBits;
    frame.colRange(left, right)
        .setTo(((number >> bit) & 1) != 0 ? cv::Scalar::all(235) : cv::Scalar::all(20));
  }
  return frame;
}

int NumberOf(const cv::Mat& frame) {
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    const int centre = (2 * bit + 1) * frame.cols / (2 * kBits);
    if (frame.at<cv::Vec3b>(frame.rows / 2, centre)[1] > 127) number |= 1 << bit;
  }
  return number;
}

void WriteNumberedVideo(const std::string& path, int frames, double rate, cv::Size size) {
  cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), rate, size);
  if (!writer.isOpened()) std::abort();
  for (int i = 0; i < frames; ++i) writer.write(NumberedFrame(i, size));
}

}  // namespace mrsn::datasets
