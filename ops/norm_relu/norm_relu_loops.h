// The vectorised loops of BatchNormRelu's kernels over rows of floats. For norm_relu_kernels.cc.
#ifndef MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_
#define MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_

#include <cstdint>
#include <cstring>

namespace mrsn::ops::norm_relu {

#if defined(__x86_64__) && defined(__GNUC__)
#define MRSN_HAVE_AVX2_CLONE 1
#define MRSN_TARGET_AVX2 __attribute__((target("avx2,fma")))
#endif
#define MRSN_ALWAYS_INLINE inline __attribute__((always_inline))

constexpr int64_t kGroup = 4;  // rows that share the loads of a lane's factors

// Eight lanes. Loops are written for V = Vector and V = float: GCC 12 does not vectorise them by itself.
using Vector = float __attribute__((vector_size(32)));

// By reference: how such vectors are passed by value depends on compiler options.
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

// A loop over a matrix has what it works on as members. At<V, kRows>(i, lane) does kRows rows of some lanes,
// i being the first row's element and `lane` its place in the row.

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

// y = act((x - mean) * scale + offset + residual). The difference first: a large mean costs no digits.
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

// grad where ReLU let y through
template <bool kRelu, typename V>
MRSN_ALWAYS_INLINE void LoadGradient(const float* grad, const float* y, int64_t i, V& g) {
  Load(grad + i, g);
  if constexpr (kRelu) {
    const V zero = {};
    V value;
    Load(y + i, value);
    g = value <= zero ? zero : g;
  }
}

// With g that gradient: sum += g, product += g * (x - mean), masked = g.
template <bool kRelu, bool kStore>
struct GradientSums {
  int64_t width;
  const float *grad, *x, *y, *mean;
  float *sum, *product, *masked;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    V m, total = {}, total_product = {};
    Load(mean + lane, m);
    for (int r = 0; r < kRows; ++r, i += width) {
      V g, value;
      LoadGradient<kRelu>(grad, y, i, g);
      Load(x + i, value);
      if constexpr (kStore) Store(g, masked + i);
      total += g;
      total_product += g * (value - m);
    }
    Add(total, sum + lane);
    Add(total_product, product + lane);
  }
};

// grad_x = scale * g + slope * (x - mean) + offset
template <bool kRelu>
struct InputGradient {
  int64_t width;
  const float *grad, *x, *y, *mean, *scale, *slope, *offset;
  float* grad_x;

  template <typename V, int kRows>
  MRSN_ALWAYS_INLINE void At(int64_t i, int64_t lane) const {
    V m, a, b, c;
    Load(mean + lane, m);
    Load(scale + lane, a);
    Load(slope + lane, b);
    Load(offset + lane, c);
    for (int r = 0; r < kRows; ++r, i += width) {
      V g, value;
      LoadGradient<kRelu>(grad, y, i, g);
      Load(x + i, value);
      Store<V>(a * g + (b * (value - m) + c), grad_x + i);
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

// By value: stores cannot change a copy's members, so they stay in registers.
template <typename Loop>
MRSN_ALWAYS_INLINE void RunBody(Loop loop, int64_t rows) {
  int64_t row = 0;
  for (; row + kGroup <= rows; row += kGroup) RunRows<kGroup>(loop, row);
  for (; row < rows; ++row) RunRows<1>(loop, row);
}

// The loops exist twice in the program, so that it runs on any x86-64 and uses FMA where there is one.
#ifdef MRSN_HAVE_AVX2_CLONE
template <typename Loop>
MRSN_TARGET_AVX2 void RunAvx2(const Loop& loop, int64_t rows) {
  RunBody(loop, rows);
}
inline bool UseAvx2() {
  static const bool use = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return use;
}
#endif

template <typename Loop>
void Run(const Loop& loop, int64_t rows) {
#ifdef MRSN_HAVE_AVX2_CLONE
  if (UseAvx2()) return RunAvx2(loop, rows);
#endif
  RunBody(loop, rows);
}

}  // namespace mrsn::ops::norm_relu

#endif  // MRSN_OPS_NORM_RELU_NORM_RELU_LOOPS_H_
