// A second RoIAlign for tests: slow, in double, and written in another way.
//
// The operator is linear in the features, so it is one matrix per box. Its entries are
// found sample by sample with the tent function max(0, 1 - |distance|) over all cells of the map. The kernels
// compute two neighbours and fractions instead.
#ifndef MRSN_OPS_ROI_ALIGN_ROI_ALIGN_REFERENCE_H_
#define MRSN_OPS_ROI_ALIGN_ROI_ALIGN_REFERENCE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ATen/ATen.h"
#include "ops/roi_align/roi_align.h"

namespace mrsn::ops {

class RoiAlignReference {
 public:
  RoiAlignReference(const at::Tensor& boxes, const at::Tensor& clip_index, at::IntArrayRef feature_size,
                    const RoiAlignOptions& options)
      : clip_index_(clip_index.contiguous()), feature_size_(feature_size.vec()), options_(options) {
    const at::Tensor coordinates = boxes.to(at::kDouble).contiguous();
    for (int64_t n = 0; n < boxes.size(0); ++n) {
      matrices_.push_back(Matrix(coordinates.const_data_ptr<double>() + 4 * n));
    }
  }

  // [B,C,H,W] -> [N,C,h,w], double.
  at::Tensor Forward(const at::Tensor& features) const {
    const at::Tensor maps = features.to(at::kDouble).reshape({Clips(), Channels(), -1});
    at::Tensor out =
        at::zeros({Boxes(), Channels(), options_.output_height, options_.output_width}, at::kDouble);
    for (int64_t n = 0; n < Boxes(); ++n) {
      out[n] = maps[Clip(n)].matmul(matrices_[n].t()).view_as(out[n]);
    }
    return out;
  }

  // [N,C,h,w] -> [B,C,H,W], double.
  at::Tensor Backward(const at::Tensor& grad) const {
    at::Tensor maps = at::zeros({Clips(), Channels(), feature_size_[2] * feature_size_[3]}, at::kDouble);
    for (int64_t n = 0; n < Boxes(); ++n) {
      maps[Clip(n)] += grad[n].to(at::kDouble).reshape({Channels(), -1}).matmul(matrices_[n]);
    }
    return maps.view(feature_size_);
  }

 private:
  int64_t Boxes() const { return matrices_.size(); }
  int64_t Clips() const { return feature_size_[0]; }
  int64_t Channels() const { return feature_size_[1]; }
  int64_t Clip(int64_t n) const { return clip_index_.const_data_ptr<int64_t>()[n]; }

  // [bins, cells] of one box.
  at::Tensor Matrix(const double* box) const {
    const int64_t height = feature_size_[2], width = feature_size_[3];
    at::Tensor matrix =
        at::zeros({options_.output_height, options_.output_width, height, width}, at::kDouble);
    auto entry = matrix.accessor<double, 4>();
    const double shift = options_.aligned ? 0.5 : 0.0;
    double size_x = (box[2] - box[0]) * options_.spatial_scale;
    double size_y = (box[3] - box[1]) * options_.spatial_scale;
    if (!options_.aligned) {
      size_x = std::max(size_x, 1.0);
      size_y = std::max(size_y, 1.0);
    }
    const double bin_x = size_x / options_.output_width, bin_y = size_y / options_.output_height;
    const double ratio = options_.sampling_ratio;
    const double grid_x = ratio > 0 ? ratio : std::ceil(bin_x), grid_y = ratio > 0 ? ratio : std::ceil(bin_y);
    for (int64_t i = 0; i < options_.output_height; ++i) {
      for (int64_t j = 0; j < options_.output_width; ++j) {
        for (double v = 0.5; v < grid_y; ++v) {
          for (double u = 0.5; u < grid_x; ++u) {
            const double y = box[1] * options_.spatial_scale - shift + (i + v / grid_y) * bin_y;
            const double x = box[0] * options_.spatial_scale - shift + (j + u / grid_x) * bin_x;
            if (y < -1 || x < -1 || y > height || x > width) continue;
            for (int64_t row = 0; row < height; ++row) {
              for (int64_t column = 0; column < width; ++column) {
                entry[i][j][row][column] += Tent(y, row, height) * Tent(x, column, width) / (grid_y * grid_x);
              }
            }
          }
        }
      }
    }
    return matrix.view({options_.output_height * options_.output_width, height * width});
  }

  static double Tent(double at, int64_t cell, int64_t size) {
    return std::max(0.0, 1.0 - std::abs(std::clamp(at, 0.0, size - 1.0) - cell));
  }

  at::Tensor clip_index_;
  std::vector<int64_t> feature_size_;
  RoiAlignOptions options_;
  std::vector<at::Tensor> matrices_;
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_ROI_ALIGN_ROI_ALIGN_REFERENCE_H_
