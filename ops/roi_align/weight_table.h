// The weight matrices Wy and Wx of every box, for the CPU kernels of RoIAlign.
#ifndef MRSN_OPS_ROI_ALIGN_WEIGHT_TABLE_H_
#define MRSN_OPS_ROI_ALIGN_WEIGHT_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"
#include "ops/roi_align/roi_align_geometry.h"

namespace mrsn::ops::roi_align {

// Sizes that all boxes share.
struct Sizes {
  int64_t boxes, clips, channels, height, width, output_height, output_width;
  int64_t bins() const { return output_height * output_width; }
  int64_t cells() const { return height * width; }
};

// The weights of one box: wy [output_height, height], wx [output_width, width].
template <typename T>
struct BoxWeights {
  const T* wy;
  const T* wx;
  const Span* span_y;  // [output_height]
  const Span* span_x;  // [output_width]
  Span columns;        // all cells of x that the bins use
};

template <typename T>
class WeightTable {
 public:
  WeightTable(const Sizes& sizes, const at::Tensor& boxes, double spatial_scale, int64_t sampling_ratio,
              bool aligned)
      : sizes_(sizes),
        wy_(sizes.boxes * sizes.output_height * sizes.height),
        wx_(sizes.boxes * sizes.output_width * sizes.width),
        span_y_(sizes.boxes * sizes.output_height),
        span_x_(sizes.boxes * sizes.output_width) {
    const T scale = static_cast<T>(spatial_scale);
    const T* box = boxes.const_data_ptr<T>();
    for (int64_t n = 0; n < sizes.boxes; ++n, box += 4) {
      Fill(MakeAxis<T>(box[1], box[3], scale, sizes.output_height, sampling_ratio, aligned),
           sizes.output_height, sizes.height, &wy_[n * sizes.output_height * sizes.height],
           &span_y_[n * sizes.output_height]);
      Fill(MakeAxis<T>(box[0], box[2], scale, sizes.output_width, sampling_ratio, aligned),
           sizes.output_width, sizes.width, &wx_[n * sizes.output_width * sizes.width],
           &span_x_[n * sizes.output_width]);
    }
  }

  BoxWeights<T> operator[](int64_t n) const {
    const Span* span_x = &span_x_[n * sizes_.output_width];
    return {&wy_[n * sizes_.output_height * sizes_.height], &wx_[n * sizes_.output_width * sizes_.width],
            &span_y_[n * sizes_.output_height], span_x, Union(span_x, sizes_.output_width)};
  }

  Span Rows(int64_t n) const { return Union(&span_y_[n * sizes_.output_height], sizes_.output_height); }

 private:
  static void Fill(const Axis<T>& axis, int64_t bins, int64_t size, T* weights, Span* spans) {
    for (int64_t bin = 0; bin < bins; ++bin) spans[bin] = BinWeights(axis, bin, size, weights + bin * size);
  }

  static Span Union(const Span* spans, int64_t count) {
    Span all = {0, 0};
    for (int64_t i = 0; i < count; ++i) {
      if (spans[i].begin == spans[i].end) continue;
      all.begin = all.end == 0 ? spans[i].begin : std::min(all.begin, spans[i].begin);
      all.end = std::max(all.end, spans[i].end);
    }
    return all;
  }

  Sizes sizes_;
  std::vector<T> wy_, wx_;
  std::vector<Span> span_y_, span_x_;
};

}  // namespace mrsn::ops::roi_align

#endif  // MRSN_OPS_ROI_ALIGN_WEIGHT_TABLE_H_
