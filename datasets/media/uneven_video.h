// Videos for tests whose frames are not shown for the same time, as telephones and screen recorders write
// them.
#ifndef MRSN_DATASETS_MEDIA_UNEVEN_VIDEO_H_
#define MRSN_DATASETS_MEDIA_UNEVEN_VIDEO_H_

#include <string>

namespace mrsn::datasets {

// The bytes of an MP4 file with one track, an even number of frames of equal duration, and its header at the
// end; then the first half of the frames is shown 1.5 times as long as before and the second half 0.5 times,
// so that the video's duration stays. Ends the program if the file is another one.
std::string UnevenMp4(std::string mp4);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_UNEVEN_VIDEO_H_
