// How RoIAlign cuts persons out of the feature map; without LibTorch.
#ifndef MRSN_MRSN_ROI_OPTIONS_H_
#define MRSN_MRSN_ROI_OPTIONS_H_

#include <cstdint>

namespace mrsn {

enum class RoiScale {
  kStride,   // cells = pixels / stride, as PySlowFast
  kMapSize,  // cells = normalised box times the map's size, as ACAR-Net
};

struct RoiFeatureOptions {
  int64_t output_size = 7;
  int64_t sampling_ratio = 0;  // samples per bin and axis; 0: as many as the bin spans cells
  bool aligned = true;         // half-cell shift
  RoiScale scale = RoiScale::kStride;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_ROI_OPTIONS_H_
