// Copies blocks of channels between a tensor and a small map with the channels innermost.
#ifndef MRSN_OPS_ROI_ALIGN_CHANNEL_LANES_H_
#define MRSN_OPS_ROI_ALIGN_CHANNEL_LANES_H_

#include <algorithm>
#include <cstdint>

namespace mrsn::ops::roi_align {

// Channels worked on together: four AVX registers of floats.
inline constexpr int64_t kLanes = 32;

// One image's channels [c, c + lanes) of a [*, channels, cells] tensor in either layout.
template <typename Scalar>
struct ChannelBlock {
  Scalar* data;  // of the first channel and cell
  int64_t lanes;
  int64_t channel_stride;  // 1 in channels_last
  int64_t cell_stride;
};

template <typename Scalar>
ChannelBlock<Scalar> BlockOf(Scalar* data, bool channels_last, int64_t image, int64_t channels, int64_t cells,
                             int64_t block) {
  const int64_t c = block * kLanes;
  const int64_t lanes = std::min(kLanes, channels - c);
  if (channels_last) return {data + image * channels * cells + c, lanes, 1, channels};
  return {data + (image * channels + c) * cells, lanes, cells, 1};
}

// lanes[cell][lane] = block[lane][cell] for cells [begin, end); missing lanes become 0.
template <typename T, typename Scalar>
void Gather(const ChannelBlock<const Scalar>& block, int64_t begin, int64_t end, T* lanes) {
  if (block.lanes < kLanes) std::fill(lanes + begin * kLanes, lanes + end * kLanes, T(0));
  if (block.channel_stride == 1) {
    for (int64_t cell = begin; cell < end; ++cell) {
      const Scalar* from = block.data + cell * block.cell_stride;
      for (int64_t lane = 0; lane < block.lanes; ++lane)
        lanes[cell * kLanes + lane] = static_cast<T>(from[lane]);
    }
    return;
  }
  constexpr int64_t kTile = 16;  // cells whose lanes stay in the first-level cache
  for (int64_t first = begin; first < end; first += kTile) {
    const int64_t last = std::min(first + kTile, end);
    for (int64_t lane = 0; lane < block.lanes; ++lane) {
      const Scalar* from = block.data + lane * block.channel_stride;
      for (int64_t cell = first; cell < last; ++cell)
        lanes[cell * kLanes + lane] = static_cast<T>(from[cell]);
    }
  }
}

// The inverse of Gather.
template <typename T, typename Scalar>
void Scatter(const T* lanes, int64_t begin, int64_t end, const ChannelBlock<Scalar>& block) {
  if (block.channel_stride == 1) {
    for (int64_t cell = begin; cell < end; ++cell) {
      Scalar* to = block.data + cell * block.cell_stride;
      for (int64_t lane = 0; lane < block.lanes; ++lane)
        to[lane] = static_cast<Scalar>(lanes[cell * kLanes + lane]);
    }
    return;
  }
  constexpr int64_t kTile = 16;
  for (int64_t first = begin; first < end; first += kTile) {
    const int64_t last = std::min(first + kTile, end);
    for (int64_t lane = 0; lane < block.lanes; ++lane) {
      Scalar* to = block.data + lane * block.channel_stride;
      for (int64_t cell = first; cell < last; ++cell)
        to[cell] = static_cast<Scalar>(lanes[cell * kLanes + lane]);
    }
  }
}

}  // namespace mrsn::ops::roi_align

#endif  // MRSN_OPS_ROI_ALIGN_CHANNEL_LANES_H_
