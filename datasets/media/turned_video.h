// Videos for tests that are stored lying on a side or upside down, as telephones write them.
#ifndef MRSN_DATASETS_MEDIA_TURNED_VIDEO_H_
#define MRSN_DATASETS_MEDIA_TURNED_VIDEO_H_

#include <string>

#include "opencv2/core.hpp"

namespace mrsn::datasets {

// The bytes of an MP4 file with one track and no display matrix of its own, with a matrix that turns the
// picture by `rotation` when it is shown. Ends the program if the file is another one.
std::string TurnedMp4(std::string mp4, cv::RotateFlags rotation);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_TURNED_VIDEO_H_
