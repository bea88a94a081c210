// Whether our own conversion of colours may stand for FFmpeg's.
#ifndef MRSN_DATASETS_VIDEO_SWSCALE_CHECK_H_
#define MRSN_DATASETS_VIDEO_SWSCALE_CHECK_H_

#include "datasets/pixels/row_kernels.h"

namespace mrsn::datasets {

// Whether Frame turns Y'CbCr 4:2:0 into the RGB of the installed FFmpeg's swscale, bit for bit. Other
// versions of FFmpeg, or processors, may round differently, so the first call for a range compares a picture:
// with every pair of luma and Cb, and every pair of luma and Cr, on which the three colours depend. False
// without AVX2.
bool FramesConvertAsSwscale(LumaRange range);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_SWSCALE_CHECK_H_
