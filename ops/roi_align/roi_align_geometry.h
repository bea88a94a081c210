// The arithmetic of RoIAlign along one axis, compiled for host and device.
//
// Along each axis a bin's value is a weighted sum of neighbouring cells; these
// functions compute the weights. The expressions and their order are those of
// torchvision, so that the number of samples, which jumps where ceil() does, agrees.
#ifndef MRSN_OPS_ROI_ALIGN_ROI_ALIGN_GEOMETRY_H_
#define MRSN_OPS_ROI_ALIGN_ROI_ALIGN_GEOMETRY_H_

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define MRSN_HOST_DEVICE __host__ __device__
#else
#define MRSN_HOST_DEVICE
#endif

namespace mrsn::ops::roi_align {

// More samples per bin than this are never taken: it bounds the work an absurd box can ask for.
inline constexpr int kMaxGrid = 4096;

// One axis of a box on the map, in cells.
template <typename T>
struct Axis {
  T start;   // where bin 0 begins
  T bin;     // length of a bin; may be zero or negative with a fixed sampling ratio
  int grid;  // samples per bin; 0 for a box without samples
};

// Cells [begin, end) have a weight other than zero.
struct Span {
  int32_t begin;
  int32_t end;
};

template <typename T>
MRSN_HOST_DEVICE inline bool IsFinite(T value) {
  return value - value == T(0);  // false for NaN and both infinities
}

// box_min, box_max in pixels of the frame; `scale` cells per pixel.
template <typename T>
MRSN_HOST_DEVICE inline Axis<T> MakeAxis(T box_min, T box_max, T scale, int bins, int sampling_ratio,
                                         bool aligned) {
  const T offset = aligned ? T(0.5) : T(0);
  const T start = box_min * scale - offset;
  const T end = box_max * scale - offset;
  T size = end - start;
  if (!IsFinite(start) || !IsFinite(size)) return {T(0), T(0), 0};
  if (!aligned && size < T(1)) size = T(1);
  const T bin = size / static_cast<T>(bins);
  if (sampling_ratio > 0) return {start, bin, sampling_ratio < kMaxGrid ? sampling_ratio : kMaxGrid};
  if (!(bin > T(0))) return {start, bin, 0};
  return {start, bin, bin < T(kMaxGrid) ? static_cast<int>(std::ceil(bin)) : kMaxGrid};
}

// Writes all `size` weights of bin number `index` and returns where they are not zero.
// They sum to 1 where every sample lies on the map; samples off the map take their share away.
template <typename T>
MRSN_HOST_DEVICE inline Span BinWeights(const Axis<T>& axis, int index, int size, T* weights) {
  for (int cell = 0; cell < size; ++cell) weights[cell] = T(0);
  Span span = {size, 0};
  for (int k = 0; k < axis.grid; ++k) {
    T at = axis.start + static_cast<T>(index) * axis.bin +
           (static_cast<T>(k) + T(0.5)) * axis.bin / static_cast<T>(axis.grid);
    if (!(at >= T(-1) && at <= static_cast<T>(size))) continue;  // beyond the border: the sample is 0
    if (at < T(0)) at = T(0);
    int low = static_cast<int>(at);
    int high = low + 1;
    if (low >= size - 1) {
      low = high = size - 1;
      at = static_cast<T>(low);
    }
    const T fraction = at - static_cast<T>(low);
    weights[low] += T(1) - fraction;
    weights[high] += fraction;
    if (low < span.begin) span.begin = low;
    if (high + 1 > span.end) span.end = high + 1;
  }
  if (span.end == 0) return {0, 0};
  for (int cell = span.begin; cell < span.end; ++cell) weights[cell] /= static_cast<T>(axis.grid);
  return span;
}

}  // namespace mrsn::ops::roi_align

#endif  // MRSN_OPS_ROI_ALIGN_ROI_ALIGN_GEOMETRY_H_
