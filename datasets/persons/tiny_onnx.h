// ONNX files of a few hundred bytes, for tests.
#ifndef MRSN_DATASETS_PERSONS_TINY_ONNX_H_
#define MRSN_DATASETS_PERSONS_TINY_ONNX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "opencv2/core/types.hpp"

namespace mrsn::datasets {

// A network with the input "image" [1, 3, input.height, input.width] and one output of `shape`. Output number
// i is values[i], plus the input's mean over channel 0 (not scaled) for the numbers that `plus_channel_0`
// names. A height or width of 0 is written as an open dimension.
std::string TinyOnnx(cv::Size input, const std::vector<int64_t>& shape, const std::vector<float>& values,
                     const std::vector<int>& plus_channel_0 = {});

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PERSONS_TINY_ONNX_H_
