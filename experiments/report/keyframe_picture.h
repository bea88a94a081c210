// A key frame with its boxes as a picture of a page.
#ifndef MRSN_EXPERIMENTS_REPORT_KEYFRAME_PICTURE_H_
#define MRSN_EXPERIMENTS_REPORT_KEYFRAME_PICTURE_H_

#include <string>
#include <vector>

#include "experiments/report/keyframe_images.h"
#include "ops/base/box.h"

namespace mrsn::experiments {

struct MarkedBox {
  Box box;           // normalised to the frame; may reach out of it
  std::string mark;  // one or two characters beside it
};

// An <svg> element that holds the image itself. Annotated boxes are green with their marks at the upper left;
// found ones are dashed, orange, with their marks at the lower right, so that equal boxes of both sides are
// seen. `description` is read out where the picture is not seen; it may hold any text.
std::string DrawKeyframe(const KeyframeImage& image, const std::vector<MarkedBox>& annotated,
                         const std::vector<MarkedBox>& found, const std::string& description);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_KEYFRAME_PICTURE_H_
