// Turns rows of decoded pixels into rows of R, G and B, with AVX2.
#ifndef MRSN_DATASETS_PIXELS_ROW_KERNELS_H_
#define MRSN_DATASETS_PIXELS_ROW_KERNELS_H_

#include <array>
#include <cstdint>

namespace mrsn::datasets {

// Kernels work in blocks: they read and write up to so many bytes behind the end of a row.
constexpr int kRowPadding = 64;

// Whether the kernels of this folder may be called: the processor has AVX2.
bool RowKernelsRun();

// Where the rows of R, G and B begin.
using RgbRows = std::array<uint8_t*, 3>;

enum class LumaRange {
  kLimited,  // 16 to 235, as most videos
  kFull,     // 0 to 255, as JPEG
};

// Y'CbCr of BT.601, 4:2:0, to R'G'B' in the 16-bit arithmetic of FFmpeg's swscale (libswscale/yuv2rgb.c and
// its SSSE3 code), whose results it equals bit for bit:
//   Y = 8 y - 8 offset, U = 8 u - 1024, V = 8 v - 1024, and with products shifted right by 16, rounded down,
//   R = cy Y + crv V, G = cy Y + (cgu U + cgv V), B = cy Y + cbu U, each clipped to 0..255.
// Pixels 2 i and 2 i + 1 have Cb and Cr number i. All rows have room for kRowPadding bytes more.
void YuvToRgbRow(LumaRange range, const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int width,
                 const RgbRows& rows);

// A row of luma of a JPEG image, 4:2:0, to R, G and B as libjpeg computes them (jdsample.c,
// h2v2_fancy_upsample, and jdcolor.c), whose results it equals bit for bit. Chroma is interpolated: three
// parts of the row that is nearest (`near`) and one of the row behind that (`far`), then the same along the
// row; pixels at the borders are repeated. Then, with Cb and Cr less 128 and products rounded,
//   R = Y + 1.40200 Cr, G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.77200 Cb, each clipped to 0..255.
// All rows have room for kRowPadding bytes more; `width` is even.
struct ChromaRows {
  const uint8_t* near = nullptr;
  const uint8_t* far = nullptr;
};
void JpegToRgbRow(const uint8_t* y, const ChromaRows& cb, const ChromaRows& cr, int width,
                  const RgbRows& rows);

// Interleaved RGB, of which nothing is read behind the end. `rows` have room for kRowPadding bytes more.
void SplitRgbRow(const uint8_t* rgb, int width, const RgbRows& rows);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PIXELS_ROW_KERNELS_H_
