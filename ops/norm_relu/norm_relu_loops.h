// The vectorised loops of BatchNormRelu's kernels over rows of floats. For norm_relu_kernels.cc.
#ifndef MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_
#define MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ops/cpu/instruction_set.h"

namespace mrsn::ops::norm_relu {

// Rows that share the loads of a lane's factors. If rows are longer than kShort lanes, loops over one matrix
// still take this many rows; other loops take one row, because the processor cannot prefetch more streams.
constexpr int64_t kGroup = 4;
constexpr int64_t kShort = 128;

// Eight lanes. Loops are written for V = Vector and V = float: GCC 12 does not vectorise them by itself.
using Vector = float __attribute__((vector_size(32)));

// Passed by reference, because passing such vectors by value depends on compiler options.
template <typename V>
MRSN_ALWAYS_INLINE void Load(const float* from, V& value) {
  std::memcpy(&value, from, sizeof(V));
}
template <typename V>
MRSN_ALWAYS_INLINE void Store(const V& value, float* to) {
  std::memcpy(to, &value, sizeof(V));
}
template <typename V>
MRSN_ALWAYS_INLINE void Add(const V& value, float* to) {
  V sum;
  Load(to, sum);
  Store<V>(sum + value, to);
}

// A loop over a matrix has its operands as members. At<V, kRows>(i, lane) computes kRows rows of some lanes;
// i is the first row's element and `lane` its place in the row.

// sum += x - shift, square += (x - shift)^2
struct Moments {
  int64_t width;
  const float *x, *shift;
  float *sum, *square;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    V s, total = {}, total_square = {};
    Load(shift + lane, s);
    for (int r = 0; r < kRows; ++r, i += width) {
      V d;
      Load(x + i, d);
      d -= s;
      total += d;
      total_square += d * d;
    }
    Add(total, sum + lane);
    Add(total_square, square + lane);
  }
};

// y = act((x - mean) * scale + offset + residual). Subtracts first, so that a large mean costs no digits.
template <bool kRelu, bool kResidual>
struct Normalize {
  int64_t width;
  const float *x, *residual, *mean, *scale, *offset;
  float* y;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    const V zero = {};
    V m, a, b;
    Load(mean + lane, m);
    Load(scale + lane, a);
    Load(offset + lane, b);
    for (int r = 0; r < kRows; ++r, i += width) {
      V value;
      Load(x + i, value);
      value = (value - m) * a + b;
      if constexpr (kResidual) {
        V added;
        Load(residual + i, added);
        value += added;
      }
      if constexpr (kRelu) value = value <= zero ? zero : value;  // NaN stays
      Store(value, y + i);
    }
  }
};

// How the backward pass finds where y > 0 passed ReLU.
enum class Mask {
  kNone,    // there is no ReLU, or the gradient is masked already
  kOutput,  // from y, kept because of the residual: y is not 0
  kInput,   // from y, computed again from x, which is read anyway
};

// With g the gradient where ReLU let y through: sum += g, product += g * (x - mean) and, for kOutput,
// masked = g.
template <Mask kMask>
struct GradientSums {
  int64_t width;
  const float *grad, *x, *y, *mean, *scale, *offset;
  float *sum, *product, *masked;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    const V zero = {};
    V m, a, b, total = {}, total_product = {};
    Load(mean + lane, m);
    Load(scale + lane, a);
    Load(offset + lane, b);
    for (int r = 0; r < kRows; ++r, i += width) {
      V g, value, output;
      Load(grad + i, g);
      Load(x + i, value);
      value -= m;
      if constexpr (kMask == Mask::kOutput) Load(y + i, output);
      if constexpr (kMask == Mask::kInput) output = value * a + b;
      if constexpr (kMask != Mask::kNone) g = output <= zero ? zero : g;
      if constexpr (kMask == Mask::kOutput) Store(g, masked + i);
      total += g;
      total_product += g * value;
    }
    Add(total, sum + lane);
    Add(total_product, product + lane);
  }
};

// grad_x = scale * g + slope * (x - mean) + intercept
template <Mask kMask>
struct InputGradient {
  static_assert(kMask != Mask::kOutput, "GradientSums has stored that one");
  int64_t width;
  const float *grad, *x, *mean, *scale, *offset, *slope, *intercept;
  float* grad_x;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    const V zero = {};
    V m, a, b, s, t;
    Load(mean + lane, m);
    Load(scale + lane, a);
    Load(offset + lane, b);
    Load(slope + lane, s);
    Load(intercept + lane, t);
    for (int r = 0; r < kRows; ++r, i += width) {
      V g, value;
      Load(grad + i, g);
      Load(x + i, value);
      value -= m;
      if constexpr (kMask == Mask::kInput) {
        const V output = value * a + b;
        g = output <= zero ? zero : g;
      }
      Store<V>(a * g + (s * value + t), grad_x + i);
    }
  }
};

template <int kRows, typename Loop>
MRSN_ALWAYS_INLINE void RunRows(const Loop& loop, int64_t row) {
  constexpr int64_t kVector = sizeof(Vector) / sizeof(float);
  const int64_t width = loop.width, first = row * width;
  int64_t lane = 0;
  for (; lane + kVector <= width; lane += kVector) loop.template At<Vector, kRows>(first + lane, lane);
  for (; lane < width; ++lane) loop.template At<float, kRows>(first + lane, lane);
}

// Passed by value: stores cannot change a copy's members, so the members stay in registers.
template <typename Loop>
MRSN_ALWAYS_INLINE void RunBody(Loop loop, int64_t rows) {
  const bool group = loop.width <= kShort || std::is_same_v<Loop, Moments>;
  const int64_t grouped = group ? rows / kGroup * kGroup : 0;
  int64_t row = 0;
  for (; row < grouped; row += kGroup) RunRows<kGroup>(loop, row);
  for (; row < rows; ++row) RunRows<1>(loop, row);
}

// The loops exist twice in the program, with and without AVX2 and FMA.
#ifdef MRSN_X86_TARGETS
template <typename Loop>
MRSN_TARGET_AVX2 void RunAvx2(const Loop& loop, int64_t rows) {
  RunBody(loop, rows);
}
#endif

template <typename Loop>
void Run(const Loop& loop, int64_t rows) {
#ifdef MRSN_X86_TARGETS
  if (Runs(InstructionSet::kAvx2)) return RunAvx2(loop, rows);
#endif
  RunBody(loop, rows);
}

}  // namespace mrsn::ops::norm_relu

#endif  // MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_
