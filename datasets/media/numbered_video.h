// Videos for tests whose frames say their own number.
#ifndef MRSN_DATASETS_MEDIA_NUMBERED_VIDEO_H_
#define MRSN_DATASETS_MEDIA_NUMBERED_VIDEO_H_

#include <string>

#include "opencv2/core.hpp"

namespace mrsn::datasets {

// A frame of 16 vertical stripes, white where the bit of `number` is set, the lowest bit at the left.
// 8-bit, three channels; the number survives JPEG and scaling.
cv::Mat NumberedFrame(int number, cv::Size size = {128, 64});
int NumberOf(const cv::Mat& frame);

// A lossless .avi of the frames 0 .. frames - 1. Ends the program if it cannot be written.
void WriteNumberedVideo(const std::string& path, int frames, double rate, cv::Size size = {128, 64});

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_NUMBERED_VIDEO_H_
