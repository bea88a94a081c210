#include "datasets/colours.h"

#include <algorithm>

#include "opencv2/imgproc.hpp"

namespace mrsn::datasets {
namespace {

constexpr int kHues = 180;
const cv::Vec3d kGrayWeights = {0.299, 0.587, 0.114};  // of R, G, B

cv::Mat ShiftHsv(const cv::Mat& frame, const ColourChange& change) {
  cv::Mat table(1, 256, CV_8UC3);
  for (int v = 0; v < 256; ++v) {
    table.at<cv::Vec3b>(0, v) = {static_cast<uint8_t>((v + change.hue + kHues) % kHues),
                                 cv::saturate_cast<uint8_t>(v + change.saturation),
                                 cv::saturate_cast<uint8_t>(v + change.value)};
  }
  cv::Mat hsv, shifted, changed;
  cv::cvtColor(frame, hsv, cv::COLOR_RGB2HSV);
  cv::LUT(hsv, table, shifted);
  cv::cvtColor(shifted, changed, cv::COLOR_HSV2RGB);
  return changed;
}

// All blends and the added colour are one affine map of R, G and B.
cv::Mat BlendAndAdd(const cv::Mat& frame, const ColourChange& change) {
  const cv::Scalar means = cv::mean(frame);
  const cv::Vec3d mean = {means[0], means[1], means[2]};
  cv::Matx33d linear = cv::Matx33d::eye();
  cv::Vec3d constant = {0, 0, 0};
  for (const auto& [other, alpha] : change.blends) {
    switch (other) {
      case ColourChange::Other::kBlack:
        linear = linear * alpha;
        constant = constant * alpha;
        break;
      case ColourChange::Other::kGray: {
        const cv::Matx33d gray = cv::Matx31d(1, 1, 1) * kGrayWeights.t();
        const cv::Matx33d blend = cv::Matx33d::eye() * alpha + gray * (1 - alpha);
        linear = blend * linear;
        constant = blend * constant;
        break;
      }
      case ColourChange::Other::kMeanGray: {
        const double gray = kGrayWeights.dot(linear * mean + constant);
        linear = linear * alpha;
        constant = constant * alpha + cv::Vec3d(1, 1, 1) * (gray * (1 - alpha));
        break;
      }
    }
  }
  cv::Matx34d map;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) map(row, column) = linear(row, column);
    map(row, 3) = constant[row] + change.added[row];
  }
  cv::Mat changed;
  cv::transform(frame, changed, map);
  return changed;
}

}  // namespace

ColourChange DrawHsvJitter(SplitMix64* random) {
  ColourChange change;
  change.hue = random->Between(-10, 10);  // in steps of two degrees
  change.saturation = random->Between(-26, 26);
  change.value = random->Between(-26, 26);
  return change;
}

ColourChange DrawColourJitter(double jitter, double pca, SplitMix64* random) {
  using Other = ColourChange::Other;
  constexpr Other kOthers[] = {Other::kBlack, Other::kMeanGray, Other::kGray};
  // ImageNet's principal components, as PySlowFast's configuration gives them.
  constexpr double kValues[] = {0.225, 0.224, 0.229};
  constexpr double kVectors[3][3] = {
      {-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}};
  ColourChange change;
  if (jitter > 0) {
    for (const int64_t which : Permutation(3, random->Next())) {
      change.blends.push_back({kOthers[which], 1 + random->Uniform(-jitter, jitter)});
    }
  }
  if (pca > 0) {
    for (int component = 0; component < 3; ++component) {
      const double weight = pca * random->Normal() * kValues[component];
      for (int colour = 0; colour < 3; ++colour)
        change.added[colour] += 255 * weight * kVectors[colour][component];
    }
  }
  return change;
}

cv::Mat ChangeColours(const cv::Mat& frame, const ColourChange& change) {
  cv::Mat changed = frame;
  if (change.ChangesHsv()) changed = ShiftHsv(changed, change);
  if (change.Blends()) changed = BlendAndAdd(changed, change);
  return changed;
}

}  // namespace mrsn::datasets
