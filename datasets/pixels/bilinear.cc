#include "datasets/pixels/bilinear.h"

#include <algorithm>
#include <cstring>

#include "opencv2/core.hpp"
#include "ops/cpu/instruction_set.h"

#ifdef MRSN_X86_TARGETS
#include <immintrin.h>
#endif

namespace mrsn::datasets {
namespace {

constexpr float kWeightScale = 2048;

// Where scaled pixel `position` lies among the pixels before scaling.
struct Place {
  int floor;
  float fraction;
};

Place PlaceOf(int position, const ScaledPart& part) {
  const double scale = 1. / (static_cast<double>(part.to) / part.from);
  const auto at = static_cast<float>((position + 0.5) * scale - 0.5);
  const int floor = cvFloor(at);
  return {floor, at - static_cast<float>(floor)};
}

Neighbours Weighted(int first, int second, float fraction) {
  return {first, second, cv::saturate_cast<int16_t>((1.f - fraction) * kWeightScale),
          cv::saturate_cast<int16_t>(fraction * kWeightScale)};
}

}  // namespace

std::vector<Neighbours> ColumnNeighbours(const ScaledPart& part) {
  const int last = part.from - 1;
  std::vector<Neighbours> neighbours;
  for (int i = 0; i < part.count; ++i) {
    auto [floor, fraction] = PlaceOf(part.first + i, part);
    if (floor < 0 || floor >= last) {
      floor = floor < 0 ? 0 : last;
      fraction = 0;
    }
    neighbours.push_back(Weighted(floor, std::min(floor + 1, last), fraction));
  }
  return neighbours;
}

std::vector<Neighbours> RowNeighbours(const ScaledPart& part) {
  const int last = part.from - 1;
  std::vector<Neighbours> neighbours;
  for (int i = 0; i < part.count; ++i) {
    const auto [floor, fraction] = PlaceOf(part.first + i, part);
    neighbours.push_back(Weighted(std::clamp(floor, 0, last), std::clamp(floor + 1, 0, last), fraction));
  }
  return neighbours;
}

bool HalvesBothSides(int from_width, int from_height, int to_width, int to_height) {
  return from_width == 2 * to_width && from_height == 2 * to_height;
}

std::optional<RowScaler> RowScaler::Make(const ScaledPart& part, bool mirrored) {
  std::vector<Neighbours> columns = ColumnNeighbours(part);
  if (mirrored) std::reverse(columns.begin(), columns.end());
  while (columns.size() % kPixelsAtOnce != 0) columns.push_back(columns.back());
  RowScaler scaler;
  scaler.blocks_.resize(columns.size() / kPixelsAtOnce);
  for (size_t i = 0; i < scaler.blocks_.size(); ++i) {
    Block& block = scaler.blocks_[i];
    for (int quarter = 0; quarter < 4; ++quarter) {
      const Neighbours* four = &columns[i * kPixelsAtOnce + 4 * quarter];
      const int first = std::min(four[0].first, four[3].first);
      block.first_byte[quarter] = first;
      const int reg = quarter % 2, lane = quarter / 2;
      for (int k = 0; k < 4; ++k) {
        if (four[k].second - first >= 16) return std::nullopt;
        constexpr uint8_t kZero = 0x80;
        uint8_t* bytes = &block.bytes[reg][16 * lane + 4 * k];
        bytes[0] = static_cast<uint8_t>(four[k].first - first);
        bytes[2] = static_cast<uint8_t>(four[k].second - first);
        bytes[1] = bytes[3] = kZero;
        int16_t* weights = &block.weights[reg][8 * lane + 2 * k];
        weights[0] = four[k].first_weight;
        weights[1] = four[k].second_weight;
      }
    }
  }
  return scaler;
}

#ifdef MRSN_X86_TARGETS
namespace {

// 16 bytes each from two places.
MRSN_TARGET_AVX2 inline __m256i LoadTwo(const uint8_t* low, const uint8_t* high) {
  return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(high), reinterpret_cast<const __m128i*>(low));
}

MRSN_TARGET_AVX2 inline __m256i Load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

// Eight interpolated values, times 128.
MRSN_TARGET_AVX2 inline __m256i Eight(__m256i pixels, const uint8_t* bytes, const int16_t* weights) {
  const __m256i pairs = _mm256_shuffle_epi8(pixels, Load(bytes));
  return _mm256_srai_epi32(_mm256_madd_epi16(pairs, Load(weights)), 4);
}

template <typename Block>
MRSN_TARGET_AVX2 void ApplyAvx2(const std::vector<Block>& blocks, const uint8_t* row, int16_t* to) {
  for (const Block& block : blocks) {
    const int32_t* first = block.first_byte;
    const __m256i even = Eight(LoadTwo(row + first[0], row + first[2]), block.bytes[0], block.weights[0]);
    const __m256i odd = Eight(LoadTwo(row + first[1], row + first[3]), block.bytes[1], block.weights[1]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_packs_epi32(even, odd));
    to += 16;
  }
}

// (floor(first b0 / 65536) + floor(second b1 / 65536) + 2) / 4 of 16 values: OpenCV's rounding.
MRSN_TARGET_AVX2 inline __m256i Between(const int16_t* first, const int16_t* second, __m256i b0, __m256i b1) {
  const __m256i sum =
      _mm256_add_epi16(_mm256_mulhi_epi16(Load(first), b0), _mm256_mulhi_epi16(Load(second), b1));
  return _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

MRSN_TARGET_AVX2 inline __m256i BytesBetween(const int16_t* first, const int16_t* second, __m256i b0,
                                             __m256i b1) {
  const __m256i packed =
      _mm256_packus_epi16(Between(first, second, b0, b1), Between(first + 16, second + 16, b0, b1));
  return _mm256_permute4x64_epi64(packed, 0xD8);  // packing goes by halves of the registers
}

MRSN_TARGET_AVX2 void InterpolateRowsAvx2(const int16_t* first, const int16_t* second,
                                          const Neighbours& weights, int width, uint8_t* to) {
  const __m256i b0 = _mm256_set1_epi16(weights.first_weight);
  const __m256i b1 = _mm256_set1_epi16(weights.second_weight);
  int x = 0;
  for (; x + 32 <= width; x += 32) {
    const __m256i bytes = BytesBetween(first + x, second + x, b0, b1);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + x), bytes);
  }
  if (x == width) return;
  alignas(32) uint8_t rest[32];
  _mm256_store_si256(reinterpret_cast<__m256i*>(rest), BytesBetween(first + x, second + x, b0, b1));
  std::memcpy(to + x, rest, width - x);
}

}  // namespace

void RowScaler::Apply(const uint8_t* row, int16_t* to) const { ApplyAvx2(blocks_, row, to); }

void InterpolateRows(const int16_t* first, const int16_t* second, const Neighbours& weights, int width,
                     uint8_t* to) {
  InterpolateRowsAvx2(first, second, weights, width, to);
}

#else  // RowKernelsRun() is false

void RowScaler::Apply(const uint8_t*, int16_t*) const {}
void InterpolateRows(const int16_t*, const int16_t*, const Neighbours&, int, uint8_t*) {}

#endif

}  // namespace mrsn::datasets
