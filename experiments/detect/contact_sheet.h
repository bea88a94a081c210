// One picture with the key frames of a video, their persons drawn.
#ifndef MRSN_EXPERIMENTS_DETECT_CONTACT_SHEET_H_
#define MRSN_EXPERIMENTS_DETECT_CONTACT_SHEET_H_

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/detect/detected_video.h"
#include "experiments/detect/drawing.h"
#include "opencv2/core.hpp"

namespace mrsn::experiments {

// The places of at most `most` key frames, ascending, spread evenly: of those with persons, if there are any,
// else of all.
std::vector<size_t> SheetKeyframes(const DetectedVideo& video, size_t most);

// One frame of the sheet, about 400 x 300 pixels whatever the picture's size, with its time "1:02:03" in a
// corner. `picture`: 8-bit BGR.
cv::Mat SheetCell(const cv::Mat& picture, const std::vector<DrawnPerson>& persons, double seconds);

// The cells, all of one size, row by row below the title. Without cells only the title.
cv::Mat ContactSheet(const std::vector<cv::Mat>& cells, const std::string& title);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_CONTACT_SHEET_H_
