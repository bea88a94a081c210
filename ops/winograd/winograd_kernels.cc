// Every loop is a template over the vector type, instantiated inside functions with a target attribute
// (ops/cpu/instruction_set.h).
#include "ops/winograd/winograd_kernels.h"

namespace mrsn::ops::winograd {
namespace {

using Vector4 = float __attribute__((vector_size(16)));
using Vector8 = float __attribute__((vector_size(32)));
using Vector16 = float __attribute__((vector_size(64)));

constexpr int64_t kChannelBlock = 256;

template <typename V>
constexpr int64_t kLanes = sizeof(V) / sizeof(float);

// Of any alignment. Vectors are passed by reference, because passing them by value depends on the instruction
// set.
template <typename V>
MRSN_ALWAYS_INLINE void Load(const float* from, V& vector) {
  __builtin_memcpy(&vector, from, sizeof(V));
}
template <typename V>
MRSN_ALWAYS_INLINE void Store(const V& vector, float* to) {
  __builtin_memcpy(to, &vector, sizeof(V));
}

// Filters along one axis: Input and Output work in place on elements `stride` apart, kWeights is G.
struct Identity {  // no taps along this axis
  static constexpr int kTile = 1, kPatch = 1;
  static constexpr double kWeights[] = {1};
  template <typename V>
  static MRSN_ALWAYS_INLINE void Input(V*, int) {}
  template <typename V>
  static MRSN_ALWAYS_INLINE void Output(V*, int) {}
};

// Points 0, p, -p, q, -q, infinity with p = 2/3, q = 3/2. Among pairs of simple fractions they amplify
// rounding least: the root of the sum over products of (A^T_ij |G_j| |B^T_j|)^2, at the worst output i,
// is 4.6; it is 9.7 for the usual p = 1, q = 2. Being reciprocal (p q = 1) they also save multiplications.
struct F4 {
  static constexpr int kTile = 4, kPatch = 6;
  static constexpr double p = 2. / 3, q = 3. / 2;
  static constexpr float kP1 = p, kP2 = p * p, kP3 = p * p * p;
  static constexpr float kQ1 = q, kQ2 = q * q, kQ3 = q * q * q, kSum2 = p * p + q * q;
  static constexpr double n = 2 * (p * p - q * q);  // row j of G: (1, x, x^2) / (x^2 n) for p, negated for q
  static constexpr double kWeights[kPatch][3] = {{1, 0, 0},
                                                 {1 / (p * p * n), 1 / (p * n), 1 / n},
                                                 {1 / (p * p * n), -1 / (p * n), 1 / n},
                                                 {-1 / (q * q * n), -1 / (q * n), -1 / n},
                                                 {-1 / (q * q * n), 1 / (q * n), -1 / n},
                                                 {0, 0, 1}};
  template <typename V>
  static MRSN_ALWAYS_INLINE void Input(V* d, int stride) {
    V &d0 = d[0], &d1 = d[stride], &d2 = d[2 * stride], &d3 = d[3 * stride], &d4 = d[4 * stride],
      &d5 = d[5 * stride];
    const V even_p = d4 - kQ2 * d2, odd_p = kP1 * (d3 - kQ2 * d1);
    const V even_q = d4 - kP2 * d2, odd_q = kQ1 * (d3 - kP2 * d1);
    d0 += d4 - kSum2 * d2;
    d5 += d1 - kSum2 * d3;
    d1 = even_p + odd_p;
    d2 = even_p - odd_p;
    d3 = even_q + odd_q;
    d4 = even_q - odd_q;
  }
  template <typename V>
  static MRSN_ALWAYS_INLINE void Output(V* m, int stride) {
    V &m0 = m[0], &m1 = m[stride], &m2 = m[2 * stride], &m3 = m[3 * stride];
    const V &m4 = m[4 * stride], &m5 = m[5 * stride];
    const V even_p = m1 + m2, odd_p = m1 - m2, even_q = m3 + m4, odd_q = m3 - m4;
    m0 += even_p + even_q;
    m1 = kP1 * odd_p + kQ1 * odd_q;
    m2 = kP2 * even_p + kQ2 * even_q;
    m3 = kP3 * odd_p + kQ3 * odd_q + m5;
  }
};

template <typename A, typename B>
struct Tile {
  static constexpr int kPatchA = A::kPatch, kPatchB = B::kPatch, kProducts = kPatchA * kPatchB;

  template <typename V>
  static MRSN_ALWAYS_INLINE void InputAt(const float* const* source, int64_t c, int64_t product_stride,
                                         float* v) {
    V d[kProducts];
    for (int i = 0; i < kProducts; ++i) Load(source[i] + c, d[i]);
    for (int a = 0; a < kPatchA; ++a) B::Input(d + a * kPatchB, 1);
    for (int b = 0; b < kPatchB; ++b) A::Input(d + b, kPatchB);
    for (int i = 0; i < kProducts; ++i) Store(d[i], v + i * product_stride + c);
  }

  template <typename V>
  static MRSN_ALWAYS_INLINE void OutputAt(const float* m, int64_t c, int64_t product_stride,
                                          const float* bias, bool relu, float* const* target) {
    V d[kProducts];
    for (int i = 0; i < kProducts; ++i) Load(m + i * product_stride + c, d[i]);
    for (int b = 0; b < kPatchB; ++b) A::Output(d + b, kPatchB);
    V added;
    Load(bias + c, added);
    const V zero = {};
    for (int a = 0; a < A::kTile; ++a) {
      B::Output(d + a * kPatchB, 1);
      for (int b = 0; b < B::kTile; ++b) {
        V y = d[a * kPatchB + b] + added;
        if (relu) y = y < zero ? zero : y;
        Store(y, target[a * B::kTile + b] + c);
      }
    }
  }

  template <typename V>
  static MRSN_ALWAYS_INLINE void Input(const float* const* source, int64_t channels, int64_t product_stride,
                                       float* v) {
    int64_t c = 0;
    for (; c + kLanes<V> <= channels; c += kLanes<V>) InputAt<V>(source, c, product_stride, v);
    for (; c < channels; ++c) InputAt<float>(source, c, product_stride, v);
  }

  template <typename V>
  static MRSN_ALWAYS_INLINE void Output(const float* m, int64_t product_stride, const float* bias, bool relu,
                                        int64_t channels, float* const* target) {
    int64_t c = 0;
    for (; c + kLanes<V> <= channels; c += kLanes<V>) OutputAt<V>(m, c, product_stride, bias, relu, target);
    for (; c < channels; ++c) OutputAt<float>(m, c, product_stride, bias, relu, target);
  }
};

using SpatialTile = Tile<F4, F4>;
using TemporalTile = Tile<F4, Identity>;

// kRowBlock x kColumns vectors of sums stay in registers. Channels are summed by blocks: their weights stay
// in the cache while all rows pass, and sums of sums round less than one long sum.
template <typename V, int kColumns>
MRSN_ALWAYS_INLINE void MultiplyBody(const float* v, int64_t rows, int64_t row_stride, const float* weight,
                                     int64_t channels, float* m) {
  constexpr int64_t kPanel = kColumns * kLanes<V>;
  for (int64_t first = 0; first < channels; first += kChannelBlock) {
    const int64_t last = first + kChannelBlock < channels ? first + kChannelBlock : channels;
    for (int64_t row = 0; row < rows; row += kRowBlock) {
      V sum[kRowBlock][kColumns] = {};
      for (int64_t c = first; c < last; ++c) {
        V columns[kColumns];
        for (int j = 0; j < kColumns; ++j) Load(weight + c * kPanel + j * kLanes<V>, columns[j]);
        for (int r = 0; r < kRowBlock; ++r) {
          const float scalar = v[(row + r) * row_stride + c];
          for (int j = 0; j < kColumns; ++j) sum[r][j] += scalar * columns[j];
        }
      }
      for (int r = 0; r < kRowBlock; ++r) {
        for (int j = 0; j < kColumns; ++j) {
          float* to = m + (row + r) * kPanel + j * kLanes<V>;
          if (first > 0) {
            V before;
            Load(to, before);
            sum[r][j] += before;
          }
          Store(sum[r][j], to);
        }
      }
    }
  }
}

// The five functions of one instruction set, and `k<Name>` which names them.
#define MRSN_DEFINE_KERNELS(Name, Attribute, V, kColumns)                                              \
  Attribute void Multiply##Name(const float* v, int64_t rows, int64_t row_stride, const float* weight, \
                                int64_t channels, float* m) {                                          \
    MultiplyBody<V, kColumns>(v, rows, row_stride, weight, channels, m);                               \
  }                                                                                                    \
  template <typename Shape>                                                                            \
  Attribute void Input##Name(const float* const* source, int64_t channels, int64_t product_stride,     \
                             float* v) {                                                               \
    Shape::template Input<V>(source, channels, product_stride, v);                                     \
  }                                                                                                    \
  template <typename Shape>                                                                            \
  Attribute void Output##Name(const float* m, int64_t product_stride, const float* bias, bool relu,    \
                              int64_t channels, float* const* target) {                                \
    Shape::template Output<V>(m, product_stride, bias, relu, channels, target);                        \
  }                                                                                                    \
  constexpr Kernels k##Name = {kColumns * kLanes<V>,      Multiply##Name,                              \
                               Input##Name<SpatialTile>,  Input##Name<TemporalTile>,                   \
                               Output##Name<SpatialTile>, Output##Name<TemporalTile>};

MRSN_DEFINE_KERNELS(Baseline, , Vector4, 2)
#ifdef MRSN_X86_TARGETS
MRSN_DEFINE_KERNELS(Avx2, MRSN_TARGET_AVX2, Vector8, 2)
MRSN_DEFINE_KERNELS(Avx512, MRSN_TARGET_AVX512, Vector16, 4)
#endif

}  // namespace

const TileShape kSpatialTile = {F4::kTile, F4::kTile, 3, 3, F4::kWeights[0], F4::kWeights[0]};
const TileShape kTemporalTile = {F4::kTile, 1, 3, 1, F4::kWeights[0], Identity::kWeights};

const Kernels& KernelsFor(InstructionSet set) {
  switch (set) {
#ifdef MRSN_X86_TARGETS
    case InstructionSet::kAvx512:
      return kAvx512;
    case InstructionSet::kAvx2:
      return kAvx2;
#else
    case InstructionSet::kAvx512:
    case InstructionSet::kAvx2:
#endif
    case InstructionSet::kBaseline:
      break;
  }
  return kBaseline;
}

}  // namespace mrsn::ops::winograd
