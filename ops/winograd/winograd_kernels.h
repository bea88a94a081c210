// The three loops of a Winograd convolution (winograd.h), each compiled for several instruction sets.
#ifndef MRSN_OPS_WINOGRAD_WINOGRAD_KERNELS_H_
#define MRSN_OPS_WINOGRAD_WINOGRAD_KERNELS_H_

#include <cstdint>

#include "ops/cpu/instruction_set.h"

namespace mrsn::ops::winograd {

// Tiles multiplied together: the rows of the register block of every instruction set.
inline constexpr int64_t kRowBlock = 6;

// A tile is tile_a x tile_b outputs along two axes of the map. It is computed from patch_a x patch_b inputs
// with as many products for each pair of channels. `transform_a` [patch_a, taps_a] and `transform_b`
// transform the weights: U = transform_a g transform_b^T.
struct TileShape {
  int64_t tile_a, tile_b;
  int64_t taps_a, taps_b;
  const double* transform_a;
  const double* transform_b;
  int64_t patch_a() const { return tile_a + taps_a - 1; }
  int64_t patch_b() const { return tile_b + taps_b - 1; }
  int64_t products() const { return patch_a() * patch_b(); }
};

extern const TileShape kSpatialTile;   // F(4x4, 3x3)
extern const TileShape kTemporalTile;  // F(4, 3)

// source[products]: the patch's pixels, row by row, `channels` floats each. Writes product i to
// v + i * product_stride.
using InputTransform = void (*)(const float* const* source, int64_t channels, int64_t product_stride,
                                float* v);

// m[r][k] = sum_c v[r][c] weight[c][k] for `rows` rows (a multiple of kRowBlock) of stride `row_stride` and
// the `panel` columns of weight and m, which are dense.
using Multiply = void (*)(const float* v, int64_t rows, int64_t row_stride, const float* weight,
                          int64_t channels, float* m);

// The reverse of InputTransform: product i is at m + i * product_stride; target[tile_a * tile_b] are the
// output's pixels. Adds bias [channels]; relu keeps NaN.
using OutputTransform = void (*)(const float* m, int64_t product_stride, const float* bias, bool relu,
                                 int64_t channels, float* const* target);

struct Kernels {
  int64_t panel;  // output channels multiplied together
  Multiply multiply;
  InputTransform spatial_input, temporal_input;
  OutputTransform spatial_output, temporal_output;
};

const Kernels& KernelsFor(InstructionSet set);

}  // namespace mrsn::ops::winograd

#endif  // MRSN_OPS_WINOGRAD_WINOGRAD_KERNELS_H_
