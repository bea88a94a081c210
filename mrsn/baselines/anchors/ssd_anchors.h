// SSD's anchor boxes (Liu et al., ECCV 2016, sec. 2.2; numbers of the public SSD300 code).
//
// A cell of level l of m has a square anchor of side s_l, one of sqrt(s_l s_{l+1}), and two of
// area s_l^2 for each aspect ratio: 2 on the first and the last two levels, 2 and 3 on others.
//   s_0 = 0.1, s_l = 0.2 + (l - 1) d, d = floor(70 / (m - 2)) / 100
// With six levels d = 0.17 and the last s is 1.05, as published; with fewer maps, of smaller
// frames, fewer anchors still reach from 0.1 to 0.9 of the frame. Centres lie at the middle of
// each cell: 8, 16, 32 and 64 pixels apart on the first four levels (the last column's may be
// beyond the frame), evenly over the frame on the others.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_SSD_ANCHORS_H_
#define MRSN_MRSN_BASELINES_ANCHORS_SSD_ANCHORS_H_

#include <vector>

#include "ops/base/box.h"

namespace mrsn::baselines {

struct AnchorLevel {
  int side = 1;     // cells per row, and per column
  double step = 1;  // from centre to centre; this and the next in [0,1] of the frame
  double size = 0.1, next_size = 0.2;
  std::vector<double> aspect_ratios;  // width / height, each with its inverse
  int per_cell() const { return 2 + 2 * static_cast<int>(aspect_ratios.size()); }
};

// The levels for square frames of `input_size` pixels a side whose maps have so many cells a
// side; 4 to 6 maps.
std::vector<AnchorLevel> SsdLevels(int input_size, const std::vector<int>& map_sides);

// Level by level, row by row, cell by cell; in a cell the two squares, then each ratio with its
// inverse. Not clipped to the frame.
std::vector<Box> Anchors(const std::vector<AnchorLevel>& levels);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_SSD_ANCHORS_H_
