#include "datasets/pixels/row_kernels.h"

#include "ops/cpu/instruction_set.h"

#ifdef MRSN_X86_TARGETS
#include <immintrin.h>

#include <vector>
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

// Constants of libjpeg's conversion in 1/65536, without their whole parts, which are added apart.
constexpr int16_t kCrToR = 26345;                   // 1.40200 - 1
constexpr int16_t kCbToB = -14942;                  // 1.77200 - 2
constexpr int16_t kCbToG = -22554, kCrToG = 18734;  // -0.34414 and 1 - 0.71414

// x * factor / 65536, rounded: the product of 2 x has one bit more to round by.
MRSN_TARGET_AVX2 inline __m256i RoundedProduct(__m256i x, __m256i factor) {
  const __m256i doubled = _mm256_mulhi_epi16(_mm256_add_epi16(x, x), factor);
  return _mm256_srai_epi16(_mm256_add_epi16(doubled, _mm256_set1_epi16(1)), 1);
}

MRSN_TARGET_AVX2 inline __m256i Words(const uint8_t* bytes) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

MRSN_TARGET_AVX2 inline __m256i Load(const int16_t* values) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
}

// Where the samples of a row of chroma begin that SumChroma writes, and room behind them.
constexpr int kChromaBorder = 1, kChromaPadding = 32;

// Three parts near and one part far, with the samples at the ends repeated once.
MRSN_TARGET_AVX2 void SumChroma(const ChromaRows& rows, int count, int16_t* sums) {
  const __m256i three = _mm256_set1_epi16(3);
  for (int i = 0; i < count; i += 16) {
    const __m256i sum =
        _mm256_add_epi16(_mm256_mullo_epi16(Words(rows.near + i), three), Words(rows.far + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + kChromaBorder + i), sum);
  }
  sums[0] = sums[kChromaBorder];
  sums[kChromaBorder + count] = sums[kChromaBorder + count - 1];
}

// 16 samples as two of chroma less 128 each: those of the even pixels and of the odd ones.
struct ChromaPairs {
  __m256i even, odd;
};
MRSN_TARGET_AVX2 inline ChromaPairs Upsampled(const int16_t* sums, int i) {
  const int16_t* const place = sums + kChromaBorder + i;
  const __m256i here = Load(place), thrice = _mm256_add_epi16(here, _mm256_add_epi16(here, here));
  const __m256i left = _mm256_add_epi16(thrice, Load(place - 1));
  const __m256i right = _mm256_add_epi16(thrice, Load(place + 1));
  const __m256i middle = _mm256_set1_epi16(128);
  return {_mm256_sub_epi16(_mm256_srli_epi16(_mm256_add_epi16(left, _mm256_set1_epi16(8)), 4), middle),
          _mm256_sub_epi16(_mm256_srli_epi16(_mm256_add_epi16(right, _mm256_set1_epi16(7)), 4), middle)};
}

// 1.40200 cr.
MRSN_TARGET_AVX2 inline __m256i RedOf(__m256i cr) {
  return _mm256_add_epi16(cr, RoundedProduct(cr, _mm256_set1_epi16(kCrToR)));
}

// 1.77200 cb.
MRSN_TARGET_AVX2 inline __m256i BlueOf(__m256i cb) {
  return _mm256_add_epi16(_mm256_add_epi16(cb, cb), RoundedProduct(cb, _mm256_set1_epi16(kCbToB)));
}

// -0.34414 cb - 0.71414 cr, rounded once.
MRSN_TARGET_AVX2 inline __m256i GreenOf(__m256i cb, __m256i cr) {
  const __m256i factors = _mm256_set1_epi32(
      static_cast<int>((static_cast<uint32_t>(kCrToG) << 16) | static_cast<uint16_t>(kCbToG)));
  const __m256i half = _mm256_set1_epi32(1 << 15);
  const __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(cb, cr), factors);
  const __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(cb, cr), factors);
  const __m256i sum = _mm256_packs_epi32(_mm256_srai_epi32(_mm256_add_epi32(low, half), 16),
                                         _mm256_srai_epi32(_mm256_add_epi32(high, half), 16));
  return _mm256_sub_epi16(sum, cr);
}

MRSN_TARGET_AVX2 void JpegToRgbRowAvx2(const uint8_t* y, const ChromaRows& cb, const ChromaRows& cr,
                                       int width, const RgbRows& rows) {
  thread_local std::vector<int16_t> cb_sums, cr_sums;
  const int count = width / 2;
  for (std::vector<int16_t>* sums : {&cb_sums, &cr_sums}) {
    if (static_cast<int>(sums->size()) < count + 2 * kChromaPadding) sums->resize(count + 2 * kChromaPadding);
  }
  SumChroma(cb, count, cb_sums.data());
  SumChroma(cr, count, cr_sums.data());
  const __m256i low_bytes = _mm256_set1_epi16(255);
  for (int i = 0; i < count; i += 16) {
    const ChromaPairs u = Upsampled(cb_sums.data(), i), v = Upsampled(cr_sums.data(), i);
    const __m256i luma = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y + 2 * i));
    const __m256i even = _mm256_and_si256(luma, low_bytes), odd = _mm256_srli_epi16(luma, 8);
    StoreInTurn(_mm256_add_epi16(even, RedOf(v.even)), _mm256_add_epi16(odd, RedOf(v.odd)), rows[0] + 2 * i);
    StoreInTurn(_mm256_add_epi16(even, GreenOf(u.even, v.even)), _mm256_add_epi16(odd, GreenOf(u.odd, v.odd)),
                rows[1] + 2 * i);
    StoreInTurn(_mm256_add_epi16(even, BlueOf(u.even)), _mm256_add_epi16(odd, BlueOf(u.odd)),
                rows[2] + 2 * i);
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

void JpegToRgbRow(const uint8_t* y, const ChromaRows& cb, const ChromaRows& cr, int width,
                  const RgbRows& rows) {
  JpegToRgbRowAvx2(y, cb, cr, width, rows);
}

void SplitRgbRow(const uint8_t* rgb, int width, const RgbRows& rows) { SplitRgbRowAvx2(rgb, width, rows); }

#else  // RowKernelsRun() is false

void YuvToRgbRow(LumaRange, const uint8_t*, const uint8_t*, const uint8_t*, int, const RgbRows&) {}
void JpegToRgbRow(const uint8_t*, const ChromaRows&, const ChromaRows&, int, const RgbRows&) {}
void SplitRgbRow(const uint8_t*, int, const RgbRows&) {}

#endif

}  // namespace mrsn::datasets
