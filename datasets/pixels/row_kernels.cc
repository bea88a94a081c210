#include "datasets/pixels/row_kernels.h"

#include "ops/cpu/instruction_set.h"

#ifdef MRSN_X86_TARGETS
#include <immintrin.h>
#endif

namespace mrsn::datasets {

bool RowKernelsRun() { return ops::Runs(ops::InstructionSet::kAvx2); }

#ifdef MRSN_X86_TARGETS
namespace {

// Products of swscale's table for BT.601 (104597, 132201, 25675, 53279) in units of 1/65536, times 1/8 and
// rounded; luma of limited range is stretched by 255/219, chroma of full range shrunk by 224/255.
struct Coefficients {
  int16_t y, y_offset, v_to_r, u_to_g, v_to_g, u_to_b;
};
constexpr Coefficients kLimited = {9539, 8 * 16, 13075, -3209, -6660, 16525};
constexpr Coefficients kFull = {8192, 0, 11485, -2819, -5850, 14516};
constexpr int16_t kChromaOffset = 8 * 128;

constexpr int kPixelsAtOnce = 32;

// 16 bytes as words, times 8.
MRSN_TARGET_AVX2 inline __m256i EightTimes(const uint8_t* bytes) {
  const __m128i loaded = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  return _mm256_slli_epi16(_mm256_cvtepu8_epi16(loaded), 3);
}

MRSN_TARGET_AVX2 inline __m256i Stretched(__m256i luma, __m256i offset, __m256i factor) {
  return _mm256_mulhi_epi16(_mm256_sub_epi16(_mm256_slli_epi16(luma, 3), offset), factor);
}

// Bytes of two rows of words, which lie in turn: even[0], odd[0], even[1], odd[1], ...
MRSN_TARGET_AVX2 inline void StoreInTurn(__m256i even, __m256i odd, uint8_t* to) {
  const __m256i in_turn = _mm256_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15,  //
                                           0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(even, odd), in_turn);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
}

MRSN_TARGET_AVX2 void YuvToRgbRowAvx2(const Coefficients& c, const uint8_t* y, const uint8_t* cb,
                                      const uint8_t* cr, int width, const RgbRows& rows) {
  const __m256i y_factor = _mm256_set1_epi16(c.y), y_offset = _mm256_set1_epi16(c.y_offset);
  const __m256i v_to_r = _mm256_set1_epi16(c.v_to_r), u_to_b = _mm256_set1_epi16(c.u_to_b);
  const __m256i u_to_g = _mm256_set1_epi16(c.u_to_g), v_to_g = _mm256_set1_epi16(c.v_to_g);
  const __m256i chroma_offset = _mm256_set1_epi16(kChromaOffset), low_bytes = _mm256_set1_epi16(255);
  for (int x = 0; x < width; x += kPixelsAtOnce) {
    const __m256i u = _mm256_sub_epi16(EightTimes(cb + x / 2), chroma_offset);
    const __m256i v = _mm256_sub_epi16(EightTimes(cr + x / 2), chroma_offset);
    const __m256i red = _mm256_mulhi_epi16(v, v_to_r), blue = _mm256_mulhi_epi16(u, u_to_b);
    const __m256i green = _mm256_adds_epi16(_mm256_mulhi_epi16(u, u_to_g), _mm256_mulhi_epi16(v, v_to_g));
    const __m256i luma = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y + x));
    const __m256i even = Stretched(_mm256_and_si256(luma, low_bytes), y_offset, y_factor);
    const __m256i odd = Stretched(_mm256_srli_epi16(luma, 8), y_offset, y_factor);
    StoreInTurn(_mm256_adds_epi16(even, red), _mm256_adds_epi16(odd, red), rows[0] + x);
    StoreInTurn(_mm256_adds_epi16(even, green), _mm256_adds_epi16(odd, green), rows[1] + x);
    StoreInTurn(_mm256_adds_epi16(even, blue), _mm256_adds_epi16(odd, blue), rows[2] + x);
  }
}

// For 16 pixels in three registers: which byte of register `part` is channel `channel` of each pixel, -128 if
// it lies in another one.
struct SplitMasks {
  int8_t of[3][3][16];  // [channel][part][pixel]
};

constexpr SplitMasks MakeSplitMasks() {
  SplitMasks masks = {};
  for (int channel = 0; channel < 3; ++channel) {
    for (int part = 0; part < 3; ++part) {
      for (int pixel = 0; pixel < 16; ++pixel) {
        const int byte = 3 * pixel + channel - 16 * part;
        masks.of[channel][part][pixel] = static_cast<int8_t>(byte >= 0 && byte < 16 ? byte : -128);
      }
    }
  }
  return masks;
}

constexpr SplitMasks kSplitMasks = MakeSplitMasks();

MRSN_TARGET_AVX2 void SplitRgbRowAvx2(const uint8_t* rgb, int width, const RgbRows& rows) {
  int x = 0;
  for (; x + 16 <= width; x += 16) {
    __m128i parts[3];
    for (int part = 0; part < 3; ++part) {
      parts[part] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rgb + 3 * x + 16 * part));
    }
    for (int channel = 0; channel < 3; ++channel) {
      __m128i pixels = _mm_setzero_si128();
      for (int part = 0; part < 3; ++part) {
        const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSplitMasks.of[channel][part]));
        pixels = _mm_or_si128(pixels, _mm_shuffle_epi8(parts[part], mask));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(rows[channel] + x), pixels);
    }
  }
  for (; x < width; ++x) {
    for (int channel = 0; channel < 3; ++channel) rows[channel][x] = rgb[3 * x + channel];
  }
}

}  // namespace

void YuvToRgbRow(LumaRange range, const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int width,
                 const RgbRows& rows) {
  YuvToRgbRowAvx2(range == LumaRange::kFull ? kFull : kLimited, y, cb, cr, width, rows);
}

void SplitRgbRow(const uint8_t* rgb, int width, const RgbRows& rows) { SplitRgbRowAvx2(rgb, width, rows); }

#else  // RowKernelsRun() is false

void YuvToRgbRow(LumaRange, const uint8_t*, const uint8_t*, const uint8_t*, int, const RgbRows&) {}
void SplitRgbRow(const uint8_t*, int, const RgbRows&) {}

#endif

}  // namespace mrsn::datasets
