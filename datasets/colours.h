// The changes of colour that frameworks make at random in training.
#ifndef MRSN_DATASETS_COLOURS_H_
#define MRSN_DATASETS_COLOURS_H_

#include <array>
#include <vector>

#include "opencv2/core.hpp"
#include "ops/base/random.h"

namespace mrsn::datasets {

// One change, which all frames of a clip share.
struct ColourChange {
  // AlphAction: added to hue (0 to 179, turns around), saturation and value (0 to 255, clipped) of OpenCV's
  // 8-bit HSV.
  int hue = 0, saturation = 0, value = 0;
  // PySlowFast: in this order a frame becomes alpha frame + (1 - alpha) other.
  enum class Other { kBlack, kGray, kMeanGray };  // brightness, saturation (pixel by pixel), contrast
  struct Blend {
    Other other;
    double alpha;
  };
  std::vector<Blend> blends;
  std::array<double, 3> added = {0, 0, 0};  // to R, G and B of 0 to 255, after the blends

  bool ChangesHsv() const { return hue != 0 || saturation != 0 || value != 0; }
  bool Blends() const { return !blends.empty() || added != std::array<double, 3>{}; }
  bool ChangesNothing() const { return !ChangesHsv() && !Blends(); }
};

// AlphAction's: hue by up to 20 degrees, saturation and value by up to a tenth of their range.
ColourChange DrawHsvJitter(SplitMix64* random);

// PySlowFast's (cv2_transform.py): brightness, contrast and saturation in random order with alpha in
// 1 +- `jitter`, and colours added along ImageNet's principal components with weights of deviation `pca`. Its
// own are 0.4 and 0.1; 0 leaves the change out.
ColourChange DrawColourJitter(double jitter, double pca, SplitMix64* random);

// An RGB frame (CV_8UC3) with other colours. PySlowFast computes in floating point and keeps values outside
// of 0 to 255; here the result is rounded and clipped once, because frames stay bytes. The result may share
// the frame's memory.
cv::Mat ChangeColours(const cv::Mat& frame, const ColourChange& change);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_COLOURS_H_
