// Looks at an image file without decoding it.
#ifndef MRSN_DATASETS_CHECK_IMAGE_PROBE_H_
#define MRSN_DATASETS_CHECK_IMAGE_PROBE_H_

#include <string>

namespace mrsn::datasets {

struct ImageProbe {
  enum class State { kGood, kUnreadable, kEmpty, kNoImage, kCut };
  State state = State::kGood;
  int width = 0, height = 0;  // of a good image
};

// JPEG: begins with its marker, states a size, and ends with its end marker (with up to 32 bytes of padding
// behind, as video_frames.h reads them). PNG: the same with its chunks. Reads two small pieces of the file.
ImageProbe ProbeImage(const std::string& path);

// "is empty", "is no image", ...; "" for a good one.
std::string ImageFault(ImageProbe::State state);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_IMAGE_PROBE_H_
