// OpenCV's matrices in the memory of pixel_memory.h.
#ifndef MRSN_DATASETS_PIXELS_PIXEL_MATRIX_H_
#define MRSN_DATASETS_PIXELS_PIXEL_MATRIX_H_

#include "opencv2/core.hpp"

namespace mrsn::datasets {

// With any contents. Throws cv::Exception if there is not enough memory.
cv::Mat NewPixels(int rows, int columns, int type);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PIXELS_PIXEL_MATRIX_H_
